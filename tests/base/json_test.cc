#include "base/json.h"

#include <gtest/gtest.h>

#include <cfloat>
#include <climits>
#include <cmath>

namespace polly {
namespace {

Json parsed(std::string_view text) {
  auto result = Json::parse(text);
  EXPECT_TRUE(result) << text << ": " << result.error().message;
  return result ? *result : Json();
}

std::string refusal(std::string_view text) {
  auto result = Json::parse(text);
  EXPECT_FALSE(result) << text;
  if (result) return "";
  EXPECT_EQ(result.error().code, Code::invalid);
  return result.error().message;
}

std::string nested(int depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

TEST(Json, ReadsEveryKindOfValue) {
  const Json json = parsed(R"({"n":null,"b":true,"i":-7,"d":2.5,"s":"x","a":[1,"2",[]],"o":{"k":{}}})");
  EXPECT_TRUE(json["n"].is_null());
  EXPECT_TRUE(json["b"].as_bool());
  EXPECT_EQ(json["i"].as_int(), -7);
  EXPECT_EQ(json["d"].as_double(), 2.5);
  EXPECT_EQ(json["s"].as_string(), "x");
  EXPECT_EQ(json["a"].as_array().size(), 3U);
  EXPECT_TRUE(json["o"]["k"].is_object());
}

TEST(Json, ReadsAValueThatStandsAlone) {
  EXPECT_EQ(parsed(" 12 "), Json(12));
  EXPECT_EQ(parsed("\"a\""), Json("a"));
  EXPECT_EQ(parsed("null"), Json());
  refusal("1,2");
  refusal("1],[2");
}

TEST(Json, ReadsIntegersUpTo64BitsExactly) {
  EXPECT_EQ(parsed("[9223372036854775807]").as_array()[0].as_int(), INT64_MAX);
  EXPECT_EQ(parsed("[-9223372036854775808]").as_array()[0].as_int(), INT64_MIN);
  EXPECT_EQ(parsed("[18446744073709551615]").as_array()[0].as_uint(), UINT64_MAX);
  EXPECT_EQ(parsed("[9223372036854775808]").dump(), "[9223372036854775808]");
}

TEST(Json, RefusesAnIntegerThatDoesNotFit) {
  EXPECT_NE(refusal("[18446744073709551616]").find("18446744073709551616"), std::string::npos);
  refusal("[-9223372036854775809]");
  refusal(R"({"size":99999999999999999999999999})");
  refusal("18446744073709551616");
}

TEST(Json, RefusesANumberThatDoesNotFit) {
  refusal("[1e400]");
  refusal("[-1e400]");
}

TEST(Json, RefusesWhatIsNoNumber) {
  for (const char* text : {"[01]", "[+1]", "[1.]", "[.5]", "[1e]", "[--1]", "[0x10]", "[NaN]", "[Infinity]", "[1-2]"}) {
    refusal(text);
  }
}

TEST(Json, KeepsDoublesOverWritingAndReading) {
  for (double value : {0.1, 1.0 / 3, 5.0, -0.0, 1e100, 1e-7, DBL_MAX, DBL_MIN, 123456789.125, 2.5e15, 1e16}) {
    const Json back = parsed(Json(value).dump());
    EXPECT_FALSE(back.is_integer()) << value;
    EXPECT_EQ(back.as_double(), value) << Json(value).dump();
  }
  EXPECT_EQ(Json(5.0).dump(), "5.0");
  EXPECT_EQ(Json(NAN).dump(), "null");
}

TEST(Json, RefusesAKeyThatStandsTwice) {
  EXPECT_NE(refusal(R"({"a":1,"b":2,"a":1})").find("'a'"), std::string::npos);
  refusal(R"([{"x":{"a":1,"\u0061":2}}])");
  parsed(R"([{"a":1},{"a":2}])");
}

TEST(Json, RefusesDepthOver32) {
  parsed(nested(32));
  refusal(nested(33));
  refusal(std::string(1'000'000, '['));
}

TEST(Json, RefusesWhatIsNotJson) {
  for (const char* text :
       {"",    "  \n", "{",   "[1",       "{\"a\"}", "{\"a\":}", "{a:1}",      "[1,]",  "{\"a\":1,}", "{} x", "[] []",
        "nul", "tru",  "'a'", "// c\n{}", "/**/{}",  "\"a",      "[\"a\nb\"]", "[1 2]", "]",          "{]",   "\\"}) {
    refusal(text);
  }
}

TEST(Json, RefusesTextThatIsNotUtf8) {
  refusal("[\"\xff\"]");
  refusal("[\"\xc3\"]");
  refusal("[\"\xc0\xaf\"]");
  refusal("[\"\xed\xa0\x80\"]");
  refusal(R"(["\ud800"])");
}

TEST(Json, RefusesAStringWithNulInsteadOfCuttingItOff) {
  refusal(R"({"name":"a\u0000b"})");
  refusal(std::string_view("[\"a\0b\"]", 7));
  EXPECT_EQ(parsed(R"(["\\u0000"])").as_array()[0].as_string(), "\\u0000");
}

TEST(Json, EscapesWhatItWrites) {
  const std::string text = "quote\" back\\ line\n tab\t bell\a del\x7f ü €";
  EXPECT_EQ(parsed(Json(text).dump()).as_string(), text);
  EXPECT_EQ(Json("a\"\\\n\x01").dump(), R"("a\"\\\n\u0001")");
  EXPECT_EQ(parsed(Json::object().set("k\"\n", 1).dump())["k\"\n"].as_int(), 1);
}

TEST(Json, WritesWhatIsNotUtf8AsReplacementCharacters) {
  EXPECT_EQ(Json("a\xff\xc3").dump(), "\"a\\ufffd\\ufffd\"");
  parsed(Json("\xed\xa0\x80 \xf8\x88 \xe2\x82").dump());
}

TEST(Json, WritesTheSameTextForTheSameValue) {
  EXPECT_EQ(parsed(R"({"b":1,"a":[{"d":1,"c":2}]})").dump(), R"({"a":[{"c":2,"d":1}],"b":1})");
  EXPECT_EQ(Json::object().set("a", Json::array().push(1).push("x")).set("e", Json::object()).dump_pretty(),
            "{\n  \"a\": [\n    1,\n    \"x\"\n  ],\n  \"e\": {}\n}");
}

TEST(Json, ReadsAWrongTypeAsTheFallback) {
  const Json json = parsed(R"({"s":"12","d":1.9,"n":-1,"big":18446744073709551615})");
  EXPECT_EQ(json["s"].as_int(3), 3);
  EXPECT_EQ(json["d"].as_int(3), 3);
  EXPECT_EQ(json["n"].as_uint(3), 3U);
  EXPECT_EQ(json["big"].as_int(3), 3);
  EXPECT_EQ(json["none"]["none"].as_string(), "");
  EXPECT_TRUE(json["s"].as_array().empty());
  EXPECT_EQ(json["s"].type_name(), "a string");
  EXPECT_EQ(json["big"].type_name(), "an integer");
}

TEST(Json, ComparesNumbersByValueWhateverTheyWereMadeFrom) {
  EXPECT_EQ(Json(uint64_t{7}), Json(7));
  EXPECT_EQ(Json(uint64_t{7}), Json(int64_t{7}));
  EXPECT_NE(Json(7), Json("7"));
}

TEST(Json, SurvivesAnyPrefixOfADocument) {
  const std::string text = R"({"a":[1,-2.5e3,true,null,"x\u00e9\n"],"b":{"c":"d"}})";
  for (size_t length = 0; length < text.size(); ++length) EXPECT_FALSE(Json::parse(text.substr(0, length))) << length;
  parsed(text);
}

}  // namespace
}  // namespace polly
