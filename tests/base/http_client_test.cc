#include "base/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <thread>

#include "tests/base/http_fixture.h"

namespace polly::http {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

class HttpClient : public HttpTest {
 protected:
  // A server that does as the script says, where our own never would.
  void serve_raw(RawServer::Script script) {
    endpoint_ = address();
    raw_ = std::make_unique<RawServer>(endpoint_, std::move(script));
    if (!endpoint_.is_unix()) endpoint_.port = raw_->port();
  }
  std::unique_ptr<RawServer> raw_;
};
INSTANTIATE_TEST_SUITE_P(On, HttpClient, testing::Values(Kind::unix_socket, Kind::tcp), kind_name);

TEST_P(HttpClient, SendsAndReceivesWhole) {
  Request seen;
  serve(
      [&](const Request& request) {
        seen = request;
        Response response;
        response.status = 201;
        response.body = request.body;
        response.content_type = "text/plain";
        response.headers["X-Answer"] = "42";
        return response;
      },
      {.max_body = 10'000'000});
  const std::string body(3'000'000, 'b');
  const auto answer = Client(endpoint_).call({.method = "PUT",
                                              .path = "/p?q=" + encode_segment("a b/&ü"),
                                              .body = body,
                                              .content_type = "text/x",
                                              .headers = {{"Authorization", "Bearer t"}}});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(answer->body, body);
  EXPECT_EQ(answer->content_type, "text/plain");
  EXPECT_EQ(answer->headers.at("x-answer"), "42");
  EXPECT_EQ(seen.method, "PUT");
  EXPECT_EQ(seen.query.at("q"), "a b/&ü");
  EXPECT_EQ(seen.header("authorization"), "Bearer t");
  EXPECT_EQ(seen.header("content-type"), "text/x");
  EXPECT_FALSE(seen.header("host").empty());
}

TEST_P(HttpClient, TakesAnyStatusAsAnAnswer) {
  serve([](const Request&) { return Response::error({Code::refused, "no grant"}); });
  const auto answer = Client(endpoint_).call({.path = "/"});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 403);
  EXPECT_EQ(error_of(*answer), (Error{Code::refused, "no grant"}));
}

TEST_P(HttpClient, UsesOneConnectionForCallsInARow) {
  int connections = 0;
  serve_raw([&](RawPeer& peer) {
    ++connections;
    while (!peer.read_some(2000).empty()) peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
  });
  {
    Client client(endpoint_);
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(client.call({.path = "/"}));
  }
  raw_.reset();
  EXPECT_EQ(connections, 1);
}

TEST_P(HttpClient, ReconnectsAfterTheServerClosedAnIdleConnection) {
  serve(echo(), {.idle_timeout = 50ms});
  Client client(endpoint_);
  for (bool idempotent : {true, false, true, false}) {
    EXPECT_TRUE(client.call({.method = "POST", .path = "/", .body = "x", .idempotent = idempotent}));
    std::this_thread::sleep_for(120ms);
  }
}

TEST_P(HttpClient, FindsAServerThatWasRestarted) {
  serve(echo());
  Client client(endpoint_);
  EXPECT_TRUE(client.call({.path = "/"}));
  server_.reset();
  EXPECT_EQ(client.call({.path = "/"}).error().code, Code::unavailable);
  serve(echo());
  EXPECT_TRUE(client.call({.path = "/"}));
}

TEST_P(HttpClient, SaysAtOnceThatNobodyListens) {
  serve(echo());
  server_.reset();
  const auto began = steady_clock::now();
  const auto answer = Client(endpoint_).call({.path = "/v1/volumes"});
  EXPECT_EQ(answer.error().code, Code::unavailable);
  EXPECT_NE(answer.error().message.find("cannot GET /v1/volumes: cannot reach " + endpoint_.text()), std::string::npos)
      << answer.error().message;
  EXPECT_LT(steady_clock::now() - began, 1s);
}

TEST_P(HttpClient, GivesUpAtTheDeadlineOfTheWholeCall) {
  struct Case {
    const char* what;
    RawServer::Script script;
  };
  auto drip = [](RawPeer& peer, std::string_view start) {
    peer.read_some();
    peer.send(start);
    while (peer.send("x")) std::this_thread::sleep_for(50ms);
  };
  const Case cases[] = {
      {"silence", [](RawPeer& peer) { peer.read_all(); }},
      {"a header that drips", [&](RawPeer& peer) { drip(peer, "HTTP/1.1 200 OK\r\nX-A: "); }},
      {"a body that drips", [&](RawPeer& peer) { drip(peer, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"); }},
      {"a body without end", [&](RawPeer& peer) { drip(peer, "HTTP/1.1 200 OK\r\n\r\n"); }},
  };
  for (const Case& one : cases) {
    serve_raw(one.script);
    const auto began = steady_clock::now();
    const auto answer = Client(endpoint_).call({.path = "/", .timeout = 300ms});
    const auto took = steady_clock::now() - began;
    ASSERT_FALSE(answer) << one.what;
    EXPECT_EQ(answer.error().code, Code::timeout) << one.what;
    EXPECT_GT(took, 290ms) << one.what;
    EXPECT_LT(took, 900ms) << one.what;
    raw_.reset();
  }
}

TEST_P(HttpClient, GivesUpWhenARequestIsNotTaken) {
  serve_raw([](RawPeer&) { std::this_thread::sleep_for(600ms); });
  const auto answer =
      Client(endpoint_).call({.method = "POST", .path = "/", .body = std::string(20'000'000, 'x'), .timeout = 300ms});
  EXPECT_EQ(answer.error().code, Code::timeout);
}

TEST_P(HttpClient, TakesGarbageForNoAnswer) {
  const char* answers[] = {"garbage\r\n\r\n",
                           "HTTP/1.1 abc OK\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                           "SSH-2.0-OpenSSH_9.2\r\n\r\n"};
  for (const char* text : answers) {
    serve_raw([&](RawPeer& peer) {
      peer.read_some();
      peer.send(text);
    });
    const auto answer = Client(endpoint_).call({.path = "/"});
    ASSERT_FALSE(answer) << text;
    EXPECT_EQ(answer.error().code, Code::unknown_outcome) << text;
    raw_.reset();
  }
}

TEST_P(HttpClient, DoesNotTakeHalfAnAnswerForAWholeOne) {
  const char* answers[] = {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
                           "HTTP/1.1 200 OK\r\nContent-Le", "H", ""};
  for (const char* text : answers) {
    serve_raw([&](RawPeer& peer) {
      peer.read_some();
      peer.send(text);
    });
    const auto answer = Client(endpoint_).call({.path = "/"});
    ASSERT_FALSE(answer) << text;
    EXPECT_EQ(answer.error().code, Code::unknown_outcome) << text;
    raw_.reset();
  }
}

TEST_P(HttpClient, SendsTwiceOnlyWhatMayBeSentTwice) {
  // Each connection answers one request and closes at the second, without an answer.
  std::atomic<int> requests{0};
  serve_raw([&](RawPeer& peer) {
    if (peer.read_some(2000).empty()) return;
    ++requests;
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    if (!peer.read_some(2000).empty()) ++requests;
  });
  Client client(endpoint_);
  EXPECT_TRUE(client.call({.path = "/"}));
  EXPECT_TRUE(client.call({.path = "/", .idempotent = true}));
  EXPECT_EQ(requests, 3);
  const auto lost = client.call({.method = "POST", .path = "/", .body = "x", .idempotent = false});
  EXPECT_EQ(lost.error().code, Code::unknown_outcome);
  EXPECT_EQ(requests, 4);
}

TEST_P(HttpClient, NeverSendsTwiceOnANewConnection) {
  serve_raw([](RawPeer& peer) { peer.read_some(); });
  EXPECT_EQ(Client(endpoint_).call({.path = "/"}).error().code, Code::unknown_outcome);
  EXPECT_EQ(raw_->accepted, 1);
}

TEST_P(HttpClient, RefusesAnAnswerOverItsLimit) {
  serve([](const Request&) {
    Response response;
    response.body = std::string(1001, 'x');
    return response;
  });
  EXPECT_EQ(Client(endpoint_).call({.path = "/", .max_response = 1000}).error().code, Code::too_large);
  EXPECT_TRUE(Client(endpoint_).call({.path = "/", .max_response = 1001}));
  for (const char* head :
       {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n"}) {
    server_.reset();
    serve_raw([&](RawPeer& peer) {
      peer.read_some();
      peer.send(head);
      while (peer.send(std::string(1000, 'x'))) {
      }
    });
    EXPECT_EQ(Client(endpoint_).call({.path = "/", .max_response = 5000}).error().code, Code::too_large);
    raw_.reset();
  }
}

TEST_P(HttpClient, HearsARefusalThatComesBeforeItsBodyWasTaken) {
  serve(echo(), {.max_body = 1000});
  const auto answer = Client(endpoint_).call({.method = "POST", .path = "/", .body = std::string(20'000'000, 'x')});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 413);
}

TEST_P(HttpClient, ReadsAnswersOfEveryFraming) {
  const char* answers[] = {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n",
                           "HTTP/1.0 200 OK\r\n\r\nbody", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nbody",
                           "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"};
  for (const char* text : answers) {
    serve_raw([&](RawPeer& peer) {
      peer.read_some();
      peer.send(text);
    });
    const auto answer = Client(endpoint_).call({.path = "/"});
    ASSERT_TRUE(answer) << text << answer.error().message;
    EXPECT_EQ(answer->body, "body") << text;
    raw_.reset();
  }
}

TEST_P(HttpClient, ServesManyThreads) {
  serve(echo());
  Client client(endpoint_);
  std::vector<std::jthread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        const std::string body = fmt::format("{}-{}", t, i);
        const auto answer = client.call({.method = "POST", .path = "/", .body = body});
        ASSERT_TRUE(answer) << answer.error().message;
        EXPECT_EQ(answer->body, "POST / " + body);
      }
    });
  }
}

TEST(HttpClientOnTcp, SaysThatAHostHasNoAddress) {
  const auto answer = Client(Endpoint{.host = "no-such-host.invalid", .port = 80}).call({.path = "/"});
  EXPECT_EQ(answer.error().code, Code::unavailable);
}

TEST(HttpClientOnTcp, CountsConnectingAgainstTheDeadline) {
  // A backlog that is full: the kernel drops what knocks.
  UniqueFd full(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  ASSERT_EQ(::bind(full.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
  ASSERT_EQ(::listen(full.get(), 0), 0);
  ::getsockname(full.get(), reinterpret_cast<sockaddr*>(&address), &length);
  const Endpoint endpoint{.host = "127.0.0.1", .port = ntohs(address.sin_port)};
  std::vector<Result<UniqueFd>> knocking;
  for (int i = 0; i < 4; ++i) knocking.push_back(connect_to(endpoint, steady_clock::now() + 100ms));
  const auto began = steady_clock::now();
  EXPECT_EQ(Client(endpoint).call({.path = "/", .timeout = 300ms}).error().code, Code::unavailable);
  EXPECT_LT(steady_clock::now() - began, 900ms);
}

TEST(HttpClientCall, RefusesWhatWouldBreakTheRequestLine) {
  Client client(Endpoint{.socket_path = "/nonexistent"});
  for (const char* path : {"", "relative", "/a b", "/a\r\nX: y", "/\x7f"}) {
    EXPECT_EQ(client.call({.path = path}).error().code, Code::invalid) << path;
  }
  EXPECT_EQ(client.call({.method = "G T", .path = "/"}).error().code, Code::invalid);
}

}  // namespace
}  // namespace polly::http
