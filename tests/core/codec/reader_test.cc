#include "core/codec/reader.h"

#include <gtest/gtest.h>

#include "core/model/size.h"

namespace polly {
namespace {

Json parse(std::string_view text) {
  auto json = Json::parse(text);
  EXPECT_TRUE(json) << text;
  return json ? *json : Json();
}

TEST(Reader, ReadsEachType) {
  auto json = parse(R"({"s":"x","b":true,"i":-3,"u":9223372036854775808,"l":["a","b"],"o":{"k":1},"size":"1K"})");
  Reader reader(json, "thing");
  EXPECT_EQ(reader.string("s"), "x");
  EXPECT_TRUE(reader.optional_bool("b", false));
  EXPECT_EQ(reader.integer("i"), -3);
  EXPECT_EQ(reader.unsigned_integer("u"), 1ULL << 63);
  EXPECT_EQ(reader.optional_strings("l"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(reader.object("o")["k"].as_int(), 1);
  EXPECT_EQ(reader.parsed("size", parse_size, uint64_t{0}), 1024u);
  EXPECT_TRUE(reader.finish());
}

TEST(Reader, WhatIsAbsentOrNullTakesItsFallback) {
  auto json = parse(R"({"n":null})");
  Reader reader(json, "thing");
  EXPECT_EQ(reader.optional_string("n", "f"), "f");
  EXPECT_EQ(reader.optional_string("s", "f"), "f");
  EXPECT_TRUE(reader.optional_bool("b", true));
  EXPECT_EQ(reader.optional_integer("i", 7), 7);
  EXPECT_EQ(reader.optional_unsigned("u", 7), 7u);
  EXPECT_EQ(reader.optional_strings("l", {"f"}), std::vector<std::string>{"f"});
  EXPECT_TRUE(reader.object("o").is_null());
  EXPECT_TRUE(reader.array("a").is_null());
  EXPECT_EQ(reader.optional_parsed<uint64_t>("size", parse_size), std::nullopt);
  EXPECT_TRUE(reader.finish());
}

TEST(Reader, TellsEverythingThatIsWrongInOneSentence) {
  auto json = parse(R"({"s":1,"b":"yes","i":"1","u":-1,"l":["a",1],"o":[],"a":{},"size":[],"what":0})");
  Reader reader(json, "cannot make a thing");
  reader.string("s");
  reader.string("missing");
  reader.optional_bool("b", false);
  reader.integer("i");
  reader.optional_unsigned("u", 0);
  reader.optional_strings("l");
  reader.object("o");
  reader.array("a");
  reader.parsed("size", parse_size, uint64_t{0});
  auto status = reader.finish();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::invalid);
  EXPECT_EQ(
      status.error().message,
      "cannot make a thing: 's': expected a string, found an integer; 'missing': is missing; 'b': expected true or "
      "false, found a string; 'i': expected a whole number, found a string; 'u': expected a whole number of 0 or "
      "more, found -1; 'l': expected a list of strings; 'o': expected an object, found an array; 'a': expected a "
      "list, found an object; 'size': expected a string, found an array; 'what': unknown key; known are a, b, i, l, "
      "missing, o, s, size, u");
}

TEST(Reader, NullIsMissingWhereAValueMustBe) {
  auto json = parse(R"({"s":null,"i":null,"u":null})");
  Reader reader(json, "thing");
  reader.string("s");
  reader.integer("i");
  reader.unsigned_integer("u");
  reader.required<uint64_t>("size", parse_size);
  EXPECT_EQ(reader.finish().error().message,
            "thing: 's': is missing; 'i': is missing; 'u': is missing; 'size': is missing");
}

TEST(Reader, NumbersThatDoNotFitAreNotCutOff) {
  auto json = parse(R"({"i":9223372036854775808,"d":1.5})");
  Reader reader(json, "thing");
  EXPECT_EQ(reader.integer("i"), 0);
  reader.optional_integer("d", 0);
  EXPECT_EQ(
      reader.finish().error().message,
      "thing: 'i': expected a whole number, found one that is too large; 'd': expected a whole number, found a number");
}

TEST(Reader, WhatIsNoObjectIsToldOnce) {
  for (const char* text : {"[]", "12", "\"x\"", "null"}) {
    auto json = parse(text);
    Reader reader(json, "thing");
    reader.ignore_rest();
    EXPECT_EQ(reader.finish().error().message, fmt::format("thing: expected an object, found {}", json.type_name()));
  }
}

TEST(Reader, ANewerPeersKeysMayPass) {
  auto json = parse(R"({"s":"x","new":1})");
  Reader reader(json, "thing");
  reader.ignore_rest();
  reader.string("s");
  EXPECT_TRUE(reader.finish());
}

TEST(Reader, WithLinesEachProblemHasItsLineAndItsWholePath) {
  auto json = parse(R"({"pools":{"fast":{"driver":1,"typo":2},"slow":3}})");
  const Reader::Lines lines{
      {"pools", 1}, {"pools.fast", 2}, {"pools.fast.driver", 3}, {"pools.fast.typo", 4}, {"pools.slow", 5}};
  Reader top(json, "configuration", &lines);
  top.object("pools");
  Reader pools(top, "pools");
  Reader fast(pools, "fast");
  fast.string("driver");
  fast.string("path");
  EXPECT_TRUE(fast.finish()) << "told by the outermost";
  Reader slow(pools, "slow");
  EXPECT_TRUE(pools.finish());
  EXPECT_EQ(
      top.finish().error().message,
      "configuration: line 3: pools.fast.driver: expected a string, found an integer; line 2: pools.fast.path: is "
      "missing; line 4: pools.fast.typo: unknown key; known are driver, path; line 5: pools.slow: expected an "
      "object, found an integer");
}

}  // namespace
}  // namespace polly
