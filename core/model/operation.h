// A change of several steps, written down before it starts and taken off when it is done: what is on record is
// unfinished.
//
//     create   volume record `creating` + operation -> driver makes it  -> volume `ready`
//     purge    volume record `purging`  + operation -> driver removes it -> record gone
//     attach   attachment `attaching`   + operation -> driver attaches   -> `attached`
//     detach   attachment `detaching`   + operation -> driver detaches   -> attachment gone
#pragma once

#include <cstdint>
#include <string>

namespace polly {

struct Operation {
  enum class Kind { create, purge, attach, detach };
  std::string id;
  Kind kind = Kind::create;
  std::string volume_id;
  std::string volume_name;
  std::string node;  // of attach and detach
  std::string by;
  int64_t begun = 0;  // wall clock, ms
};

}  // namespace polly
