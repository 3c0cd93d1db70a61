// The spellings of the enums that stand in records: one list for both directions.
#pragma once

#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "core/codec/reader.h"
#include "core/model/claim.h"
#include "core/model/operation.h"
#include "core/model/volume.h"

namespace polly {

template <class Enum, size_t N>
struct Names {
  std::array<std::pair<Enum, std::string_view>, N> entries;

  std::string spellings() const {
    std::string all;
    for (const auto& [unused, text] : entries) all.append(all.empty() ? "" : ", ").append(text);
    return all;
  }

  constexpr std::string_view name(Enum value) const {
    for (const auto& [known, text] : entries)
      if (known == value) return text;
    return "";
  }

  // A key that must be there with one of the spellings.
  Enum read(Reader& reader, const std::string& key) const {
    auto text = reader.string(key);
    for (const auto& [value, known] : entries)
      if (known == text) return value;
    if (reader.value(key).is_string())
      reader.complain(key, fmt::format("'{}' is none of {}", text.substr(0, 40), spellings()));
    return entries[0].first;
  }
};

inline constexpr Names<Format::State, 3> format_states = {{{
    {Format::State::never, "never"},
    {Format::State::formatting, "formatting"},
    {Format::State::formatted, "formatted"},
}}};

inline constexpr Names<Volume::State, 4> volume_states = {{{
    {Volume::State::creating, "creating"},
    {Volume::State::ready, "ready"},
    {Volume::State::trashed, "trashed"},
    {Volume::State::purging, "purging"},
}}};

inline constexpr Names<Attachment::State, 3> attachment_states = {{{
    {Attachment::State::attaching, "attaching"},
    {Attachment::State::attached, "attached"},
    {Attachment::State::detaching, "detaching"},
}}};

inline constexpr Names<Origin, 3> origins = {{{
    {Origin::made, "made"},
    {Origin::copied, "copied"},
    {Origin::adopted, "adopted"},
}}};

inline constexpr Names<Candidate::Phase, 2> phases = {{{
    {Candidate::Phase::copy_up, "copy-up"},
    {Candidate::Phase::start, "start"},
}}};

inline constexpr Names<FormatStep::Step, 2> format_steps = {{{
    {FormatStep::Step::begin, "begin"},
    {FormatStep::Step::done, "done"},
}}};

inline constexpr Names<Operation::Kind, 4> operation_kinds = {{{
    {Operation::Kind::create, "create"},
    {Operation::Kind::purge, "purge"},
    {Operation::Kind::attach, "attach"},
    {Operation::Kind::detach, "detach"},
}}};

}  // namespace polly
