#include "cli/print.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "base/clock.h"
#include "base/utf8.h"
#include "core/model/size.h"
#include "core/model/time.h"

namespace polly::cli {
namespace {

// Columns on a terminal: characters, not bytes. Wide characters would need a table; names are plain letters.
size_t columns(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string padded(const std::string& text, size_t width) {
  return text + std::string(width - std::min(width, columns(text)), ' ');
}

bool is_control(std::string_view character) {
  auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7f;
  // U+0080 to U+009f: some terminals take them for commands.
  return character.size() == 2 && first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    size_t length = utf8_length(text.substr(at));
    auto character = text.substr(at, std::max<size_t>(length, 1));
    if (character == "\n" || character == "\t") {
      result += ' ';
    } else if (length == 0 || is_control(character)) {
      result += '?';
    } else {
      result += character;
    }
    at += character.size();
  }
  return result;
}

std::string painted(const Context& context, Colour colour, std::string text) {
  if (!context.colour || colour == Colour::plain || text.empty()) return text;
  const char* code = colour == Colour::bold    ? "1"
                     : colour == Colour::green ? "32"
                     : colour == Colour::red   ? "31"
                                               : "33";
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

Cell::Cell(std::string cell_text, Colour cell_colour) : text(printable(cell_text)), colour(cell_colour) {}

void Table::print(const Context& context) const {
  std::vector<size_t> widths;
  for (size_t i = 0; i < headings_.size(); ++i) {
    size_t width = columns(headings_[i]);
    for (const auto& row : rows_) width = std::max(width, columns(row[i].text));
    widths.push_back(width);
  }
  auto print_cell = [&](size_t i, const std::string& text, Colour colour) {
    bool last = i + 1 == headings_.size();
    context.out << painted(context, colour, last ? text : padded(text, widths[i])) << (last ? "\n" : "  ");
  };
  for (size_t i = 0; i < headings_.size(); ++i) print_cell(i, headings_[i], Colour::bold);
  for (const auto& row : rows_)
    for (size_t i = 0; i < headings_.size(); ++i) print_cell(i, row[i].text, row[i].colour);
}

void Sheet::add(std::string name, Cell value) {
  if (!value.text.empty()) lines_.emplace_back(std::move(name), std::move(value));
}

void Sheet::print(const Context& context) const {
  size_t width = 0;
  for (const auto& [name, value] : lines_) width = std::max(width, columns(name));
  for (const auto& [name, value] : lines_)
    context.out << painted(context, Colour::bold, padded(name, width)) << "  "
                << painted(context, value.colour, value.text) << "\n";
}

void print_json(const Context& context, const Json& body) {
  context.out << body.dump_pretty() << "\n";
}

void say(const Context& context, std::string_view sentence) {
  context.out << printable(sentence) << "\n";
}

std::string time_text(int64_t wall_ms) {
  return format_moment(wall_ms);
}

std::string ago_text(int64_t wall_ms, int64_t now_ms) {
  if (wall_ms == 0) return "";
  // Of two machines' clocks, one may be a little ahead.
  if (now_ms - wall_ms < 1'000) return "just now";
  return format_duration(Millis(now_ms - wall_ms)) + " ago";
}

std::string when_text(int64_t wall_ms) {
  if (wall_ms == 0) return "";
  return fmt::format("{} ({})", time_text(wall_ms), ago_text(wall_ms, system_clock().wall().count()));
}

std::string joined(const Json& list) {
  std::string text;
  for (const auto& entry : list.as_array()) text.append(text.empty() ? "" : ", ").append(entry.as_string());
  return text;
}

std::string or_dash(std::string text) {
  return text.empty() ? "-" : text;
}

}  // namespace polly::cli
