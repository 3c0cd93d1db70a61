// How answers look on a terminal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "cli/context.h"

namespace polly::cli {

enum class Colour { plain, bold, green, yellow, red };

// Without what could steer the terminal: names and messages come from other machines.
std::string printable(std::string_view text);
std::string painted(const Context& context, Colour colour, std::string text);

struct Cell {
  Cell(std::string cell_text, Colour cell_colour = Colour::plain);  // NOLINT: a text is a cell
  Cell(const char* cell_text) : Cell(std::string(cell_text)) {}     // NOLINT
  std::string text;
  Colour colour;
};

// Columns under headings, each as wide as its widest cell.
class Table {
 public:
  explicit Table(std::vector<std::string> headings) : headings_(std::move(headings)) {}
  void add(std::vector<Cell> cells) { rows_.push_back(std::move(cells)); }
  void print(const Context& context) const;

 private:
  std::vector<std::string> headings_;
  std::vector<std::vector<Cell>> rows_;
};

// One thing in detail: a name and a value on each line. A value that is empty is left out.
class Sheet {
 public:
  void add(std::string name, Cell value);
  void print(const Context& context) const;

 private:
  std::vector<std::pair<std::string, Cell>> lines_;
};

void print_json(const Context& context, const Json& body);
void say(const Context& context, std::string_view sentence);  // on a line of its own

// Of a wall clock in milliseconds; "" for 0, which stands for never.
std::string time_text(int64_t wall_ms);                 // "2026-01-02 03:04:05Z"
std::string ago_text(int64_t wall_ms, int64_t now_ms);  // "3d 4h ago"
std::string when_text(int64_t wall_ms);                 // both

std::string or_dash(std::string text);  // "-" for nothing
std::string joined(const Json& list);   // "a, b" of a list of strings

}  // namespace polly::cli
