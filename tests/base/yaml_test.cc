#include "base/yaml.h"

#include <gtest/gtest.h>

namespace polly::yaml {
namespace {

Document parsed(std::string_view text) {
  auto document = parse(text);
  EXPECT_TRUE(document) << document.error().message;
  return document ? *document : Document{};
}

std::string refusal(std::string_view text) {
  auto document = parse(text);
  EXPECT_FALSE(document) << text;
  return document ? "" : document.error().message;
}

TEST(Yaml, ReadsMapsListsAndScalars) {
  const Document document = parsed("a: 1\nb:\n  - x\n  - {c: true, d: [1, 2]}\ne:\nf: false\n");
  EXPECT_EQ(document.value.dump(), R"({"a":1,"b":["x",{"c":true,"d":[1,2]}],"e":null,"f":false})");
}

TEST(Yaml, MakesOnlyPlainTrueAndPlainIntegersMoreThanStrings) {
  const Document document = parsed(
      "plain: 12\nquoted: \"12\"\nsingle: 'true'\nyes: yes\nmode: 0770\nfloat: 1.5\nhex: 0x10\nneg: -3\n"
      "size: 10G\ntagged: !!str 12\nempty: ''\nzero: 0\nminus: -x\nlong: |\n  12\n");
  const Json& value = document.value;
  EXPECT_EQ(value["plain"], Json(12));
  EXPECT_EQ(value["quoted"], Json("12"));
  EXPECT_EQ(value["single"], Json("true"));
  EXPECT_EQ(value["yes"], Json("yes"));
  EXPECT_EQ(value["mode"], Json("0770"));
  EXPECT_EQ(value["float"], Json("1.5"));
  EXPECT_EQ(value["hex"], Json("0x10"));
  EXPECT_EQ(value["neg"], Json(-3));
  EXPECT_EQ(value["size"], Json("10G"));
  EXPECT_EQ(value["tagged"], Json("12"));
  EXPECT_EQ(value["empty"], Json(""));
  EXPECT_EQ(value["zero"], Json(0));
  EXPECT_EQ(value["minus"], Json("-x"));
  EXPECT_EQ(value["long"], Json("12\n"));
}

TEST(Yaml, RemembersTheLineOfEachKeyAndElement) {
  const Document document = parsed("# a comment\npools:\n  fast:\n    size: 1\nmanagers:\n  - one\n  -\n    two: 2\n");
  EXPECT_EQ(document.lines.at("pools"), 2);
  EXPECT_EQ(document.lines.at("pools.fast"), 3);
  EXPECT_EQ(document.lines.at("pools.fast.size"), 4);
  EXPECT_EQ(document.lines.at("managers[0]"), 6);
  EXPECT_EQ(document.lines.at("managers[1].two"), 8);
}

TEST(Yaml, RefusesAKeyThatStandsTwiceAndNamesBothLines) {
  EXPECT_EQ(refusal("a:\n  b: 1\n  c: 2\n  b: 3\n"), "line 4: the key 'a.b' stands twice; first on line 2");
}

TEST(Yaml, RefusesWhatWouldHideWhereAValueComesFrom) {
  EXPECT_NE(refusal("a: &x {b: 1}\nc: 2\n").find("line 1: anchors"), std::string::npos);
  EXPECT_NE(refusal("a: 1\nb: *x\n").find("line 2"), std::string::npos);
  EXPECT_NE(refusal("a: 1\n<<: {b: 2}\n").find("line 2: merge keys"), std::string::npos);
  EXPECT_NE(refusal("a: !secret x\n").find("line 1: the tag"), std::string::npos);
}

TEST(Yaml, RefusesASecondDocument) {
  EXPECT_NE(refusal("a: 1\n---\nb: 2\n").find("second document"), std::string::npos);
  EXPECT_EQ(parsed("---\na: 1\n...\n").value["a"], Json(1));
  EXPECT_EQ(parsed("a: 1").value["a"], Json(1));
}

TEST(Yaml, RefusesAnIntegerThatDoesNotFit) {
  EXPECT_EQ(parsed("a: 18446744073709551615").value["a"].as_uint(), UINT64_MAX);
  EXPECT_EQ(refusal("\na: 18446744073709551616"), "line 2: the integer 18446744073709551616 does not fit into 64 bits");
  refusal("a: -9223372036854775809");
}

TEST(Yaml, NamesTheLineOfASyntaxError) {
  EXPECT_EQ(refusal("a: 1\nb: [1, 2\n").find("line "), 0U);
  EXPECT_EQ(refusal("a: 1\n\tb: 2\n").find("line 2"), 0U);
  EXPECT_EQ(refusal("a: 'x\nb: 2\n").find("line "), 0U);
  EXPECT_EQ(refusal("a: \"x").find("line "), 0U);
}

TEST(Yaml, RefusesKeysThatAreNoWords) {
  EXPECT_NE(refusal("[1, 2]: x\n").find("line 1"), std::string::npos);
  EXPECT_NE(refusal("~: x\n").find("line 1"), std::string::npos);
}

TEST(Yaml, RefusesDepthOver32) {
  parsed(std::string(32, '[') + std::string(32, ']'));
  refusal(std::string(33, '[') + std::string(33, ']'));
  refusal(std::string(100'000, '['));
}

TEST(Yaml, ReadsNothingAsNull) {
  EXPECT_TRUE(parsed("").value.is_null());
  EXPECT_TRUE(parsed("# only a comment\n").value.is_null());
}

}  // namespace
}  // namespace polly::yaml
