// Requests that no decent client sends. None may hang a thread, reach a handler by half, or be answered with nothing.
#include <thread>

#include "tests/base/http_fixture.h"

namespace polly::http {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

class HttpAbuse : public HttpTest {
 protected:
  // Refused with our error, the connection closed, and no handler has seen it.
  void expect_refused(std::string_view text, int status = 400, const std::string& code = "invalid") {
    const int before = handled_;
    const std::string answer = exchange(text);
    EXPECT_EQ(status_of(answer), status) << text.substr(0, 200);
    EXPECT_EQ(error_code_of(answer), code) << answer;
    EXPECT_NE(answer.find("Connection: close"), std::string::npos);
    EXPECT_EQ(handled_, before) << text.substr(0, 200);
  }
};
INSTANTIATE_TEST_SUITE_P(On, HttpAbuse, testing::Values(Kind::unix_socket, Kind::tcp), kind_name);

TEST_P(HttpAbuse, ALengthThatIsNoNumberIsRefused) {
  serve(echo());
  for (const char* length : {"-1", "+1", "1x", "", "0x10", "1 1", "18446744073709551616", "1,1"}) {
    expect_refused(fmt::format("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\nx", length));
  }
}

TEST_P(HttpAbuse, TwoWaysToTellTheLengthAreRefused) {
  serve(echo());
  expect_refused("POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  expect_refused("POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!");
  expect_refused("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  expect_refused("POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n");
  expect_refused("POST / HTTP/1.1\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n");
}

TEST_P(HttpAbuse, ALargeBodyIsRefusedAndStillHearsWhy) {
  serve(echo(), {.max_body = 1000});
  expect_refused("POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n", 413, "too_large");
  // Sent whole, by somebody who listens only afterwards.
  expect_refused("POST / HTTP/1.1\r\nContent-Length: 10000000\r\n\r\n" + std::string(10'000'000, 'x'), 413,
                 "too_large");
  const std::string chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  expect_refused(chunked + "3e9\r\n" + std::string(1001, 'x'), 413, "too_large");
  expect_refused(chunked + "ffffffff\r\n" + std::string(1001, 'x'), 413, "too_large");
  expect_refused(chunked + "ffffffffffffffff\r\n");
  EXPECT_EQ(status_of(exchange("POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: 1000\r\n\r\n" +
                               std::string(1000, 'x'))),
            200);
}

TEST_P(HttpAbuse, ABodyCutShortReachesNoHandler) {
  serve(echo());
  for (const char* text :
       {"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nhello", "POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
    RawPeer peer = connect();
    peer.send(text);
    peer.end_sending();
    const std::string answer = peer.read_all();
    EXPECT_EQ(status_of(answer), 400) << text;
    EXPECT_EQ(error_code_of(answer), "invalid");
  }
  EXPECT_EQ(handled_, 0);
}

TEST_P(HttpAbuse, AHeaderCutShortReachesNoHandler) {
  serve(echo());
  for (const char* text :
       {"G", "GET / HTTP/1.1", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: x", "GET / HTTP/1.1\r\nHost: x\r\n"}) {
    RawPeer peer = connect();
    peer.send(text);
    peer.end_sending();
    EXPECT_EQ(status_of(peer.read_all()), 400) << text;
  }
  EXPECT_EQ(handled_, 0);
}

TEST_P(HttpAbuse, AChunkThatIsNotOneIsRefused) {
  serve(echo());
  for (const char* chunk : {"x\r\n", "-5\r\nhello\r\n0\r\n\r\n", "5\r\nhelloXX0\r\n\r\n", "\r\nhello", "0x5\r\nhello",
                            "0x5\r\n\r\n", "5\r\nhello\r\n-1\r\n", "5\r\nhello\r\n\xff\r\n\r\n",
                            // Fields after the last chunk cannot be told from a broken one.
                            "5\r\nhello\r\n0\r\nTrailer: x\r\n\r\n"}) {
    expect_refused(std::string("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n") + chunk);
  }
  expect_refused("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;" + std::string(1'000'000, 'x'), 413,
                 "too_large");
}

TEST_P(HttpAbuse, WhatIsNotHttpIsRefused) {
  serve(echo());
  expect_refused("hello\r\n\r\n");
  expect_refused("GET / HTTP/2.0\r\n\r\n");
  expect_refused("GET /\r\n\r\n");
  expect_refused("GET relative HTTP/1.1\r\n\r\n");
  expect_refused("GET /%zz HTTP/1.1\r\n\r\n");
  expect_refused("GET /a%00b HTTP/1.1\r\n\r\n");
  expect_refused("GET /?a=%f HTTP/1.1\r\n\r\n");
  expect_refused("G\x01T / HTTP/1.1\r\n\r\n");
  expect_refused("GET / HTTP/1.1\r\nBad Name: x\r\n\r\n");
  expect_refused(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\n", 13));  // somebody speaks TLS
}

TEST_P(HttpAbuse, AnEndlessHeaderIsRefused) {
  serve(echo());
  expect_refused("GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x'), 413, "too_large");
  std::string fields = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 1000; ++i) fields += fmt::format("X-{}: {}\r\n", i, std::string(100, 'y'));
  expect_refused(fields);
  std::string many = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 500; ++i) many += fmt::format("X-{}: y\r\n", i);
  expect_refused(many + "\r\n");
}

TEST_P(HttpAbuse, BytesThatDripInAreCutOffAtTheDeadline) {
  serve(echo(), {.receive_timeout = 300ms});
  for (const char* start : {"GET / HTTP/1.1\r\nX: ", "POST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\n"}) {
    RawPeer peer = connect();
    const auto began = steady_clock::now();
    peer.send(start);
    std::jthread drip([&](const std::stop_token& stop) {
      while (!stop.stop_requested() && peer.send("x")) std::this_thread::sleep_for(20ms);
    });
    const std::string answer = peer.read_some();
    EXPECT_EQ(status_of(answer), 400);
    EXPECT_LT(steady_clock::now() - began, 2s);
    EXPECT_GT(steady_clock::now() - began, 250ms);
  }
  EXPECT_EQ(handled_, 0);
}

TEST_P(HttpAbuse, SilentConnectionsKeepNobodyFromBeingServed) {
  serve(echo());
  std::vector<RawPeer> silent;
  for (int i = 0; i < 200; ++i) silent.push_back(connect());
  for (size_t i = 0; i < silent.size(); i += 2) silent[i].send("GET / HT");
  EXPECT_EQ(status_of(exchange("GET / HTTP/1.1\r\nConnection: close\r\n\r\n")), 200);
}

TEST_P(HttpAbuse, MoreConnectionsThanThreadsWaitForTheirTurnAndTooManyAreClosed) {
  ServerOptions options;
  options.max_threads = 2;
  serve(echo(), options);
  std::vector<RawPeer> holding;
  for (int i = 0; i < 2; ++i) {
    holding.push_back(connect());
    holding.back().send("GET / HTTP/1.1\r\n\r\n");
    holding.back().read_to("GET / ");
  }
  RawPeer waiting = connect();
  waiting.send("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
  std::vector<RawPeer> crowd;
  for (int i = 0; i < 100; ++i) crowd.push_back(connect());
  EXPECT_TRUE(crowd.back().is_closed(1000));
  EXPECT_FALSE(waiting.is_closed(50));
  holding.clear();
  EXPECT_EQ(status_of(waiting.read_all()), 200);
}

TEST_P(HttpAbuse, APeerThatGoesAwayBeforeItsAnswerHarmsNobody) {
  serve([](const Request&) {
    std::this_thread::sleep_for(30ms);
    Response response;
    response.body = std::string(5'000'000, 'x');
    return response;
  });
  for (int i = 0; i < 20; ++i) connect().send("GET / HTTP/1.1\r\n\r\n");
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(body_of(exchange("GET / HTTP/1.1\r\nConnection: close\r\n\r\n")).size(), 5'000'000U);
}

TEST_P(HttpAbuse, AnAnswerThatNobodyReadsIsGivenUp) {
  serve(
      [](const Request&) {
        Response response;
        response.body = std::string(20'000'000, 'x');
        return response;
      },
      {.receive_timeout = 200ms});
  RawPeer peer = connect();
  peer.send("GET / HTTP/1.1\r\n\r\n");
  while (handled_ == 0) std::this_thread::sleep_for(5ms);
  const auto began = steady_clock::now();
  std::this_thread::sleep_for(250ms);
  server_.reset();
  EXPECT_LT(steady_clock::now() - began, 3s);
}

}  // namespace
}  // namespace polly::http
