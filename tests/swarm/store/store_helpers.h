// Short ways to say what tests of stores say all the time.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "swarm/store/store.h"

namespace polly::store {

inline Transaction put(const std::string& key, const std::string& value, std::vector<Compare> compares = {}) {
  return {std::move(compares), {{key, value}}};
}

inline Transaction drop(const std::string& key, std::vector<Compare> compares = {}) {
  return {std::move(compares), {{key, std::nullopt}}};
}

inline Revision commit_ok(Store& store, const Transaction& transaction) {
  const auto revision = store.commit(transaction);
  EXPECT_TRUE(revision) << revision.error().message;
  return revision.value_or(0);
}

inline Code commit_error(Store& store, const Transaction& transaction) {
  const auto revision = store.commit(transaction);
  EXPECT_FALSE(revision) << "committed as " << *revision;
  return revision ? Code::internal : revision.error().code;
}

// "(none)" where there is no record.
inline std::string value_of(Store& store, const std::string& key) {
  const auto record = store.get(key);
  EXPECT_TRUE(record) << record.error().message;
  return record && *record ? (*record)->value : "(none)";
}

inline Revision revision_of(Store& store, const std::string& key) {
  const auto record = store.get(key);
  EXPECT_TRUE(record) << record.error().message;
  return record && *record ? (*record)->revision : 0;
}

inline std::map<std::string, std::string> all_records(Store& store, const std::string& prefix = "") {
  std::map<std::string, std::string> all;
  std::string after;
  for (bool more = true; more;) {
    const auto page = store.list(prefix, after, 100);
    EXPECT_TRUE(page) << page.error().message;
    if (!page) return {};
    for (const Record& record : page->records) all[after = record.key] = record.value;
    more = page->more;
  }
  return all;
}

inline Revision now(Store& store) {
  return store.list("", "", 1)->revision;
}

// "put a=1@3" and "drop a@4".
inline std::vector<std::string> told(const Changes& changes) {
  std::vector<std::string> lines;
  for (const auto& [key, value, revision] : changes.changes) {
    lines.push_back((value ? "put " + key + "=" + *value : "drop " + key) + "@" + std::to_string(revision));
  }
  return lines;
}

}  // namespace polly::store
