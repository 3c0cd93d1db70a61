#include "base/http_chunks.h"

#include <gtest/gtest.h>

namespace polly::http {
namespace {

TEST(HttpChunks, TheSameBodyComesOutWhereverTheBytesAreCut) {
  const std::string wire = "5\r\nhello\r\n00A;name=\"v\"\r\n, wor\r\nld\n\r\n1 \r\n!\r\n0;last\r\n\r\n";
  for (size_t cut = 0; cut <= wire.size(); ++cut) {
    Chunks chunks;
    std::string body;
    ASSERT_TRUE(chunks.take(std::string_view(wire).substr(0, cut), body)) << cut;
    EXPECT_EQ(chunks.complete(), cut == wire.size()) << cut;
    ASSERT_TRUE(chunks.take(std::string_view(wire).substr(cut), body)) << cut;
    EXPECT_TRUE(chunks.complete()) << cut;
    EXPECT_EQ(body, "hello, wor\r\nld\n!") << cut;
  }
}

TEST(HttpChunks, WhatComesAfterTheEndIsIgnored) {
  Chunks chunks;
  std::string body;
  ASSERT_TRUE(chunks.take("1\r\nx\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n", body));
  EXPECT_TRUE(chunks.complete());
  EXPECT_EQ(body, "x");
}

TEST(HttpChunks, WhatIsNoChunkIsRefusedOnceItCanBeTold) {
  const std::string long_line = "1;" + std::string(300, 'x');
  const std::string wires[] = {
      "zz\r\n",  "\r\n",          "-1\r\nx\r\n",    "+1\r\nx\r\n", "0x1\r\nx\r\n", "1\nx\r\n",
      "1\r\nxy", "1\r\nx\n",      "1\r\nx\r\n\r\n", "1 2\r\n",     " 1\r\nx\r\n",  "fffffffffffffffff\r\n",
      long_line, "0\r\nA: b\r\n", ";x\r\n",         "0\r\nx",
  };
  for (const auto& wire : wires) {
    Chunks chunks;
    std::string body;
    const auto taken = chunks.take(wire, body);
    ASSERT_FALSE(taken) << wire;
    EXPECT_EQ(taken.error().code, Code::invalid) << wire;
    EXPECT_FALSE(chunks.complete()) << wire;
  }
}

}  // namespace
}  // namespace polly::http
