#include "base/http_server.h"

#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "base/files.h"
#include "tests/base/http_fixture.h"

namespace polly::http {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

class HttpServer : public HttpTest {};
INSTANTIATE_TEST_SUITE_P(On, HttpServer, testing::Values(Kind::unix_socket, Kind::tcp), kind_name);

TEST_P(HttpServer, AnswersManyRequestsOnOneConnection) {
  serve(echo());
  RawPeer peer = connect();
  for (int i = 0; i < 5; ++i) {
    peer.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
    const std::string answer = peer.read_to("POST /a hi");
    EXPECT_EQ(status_of(answer), 200);
    EXPECT_NE(answer.find("Content-Length: 10\r\n"), std::string::npos) << answer;
    EXPECT_NE(answer.find("Content-Type: application/json\r\n"), std::string::npos);
  }
}

TEST_P(HttpServer, AnswersRequestsSentTogether) {
  serve(echo());
  RawPeer peer = connect();
  peer.send(
      "GET /1 HTTP/1.1\r\n\r\nPOST /2 HTTP/1.1\r\nContent-Length: 1\r\n\r\nxGET /3 HTTP/1.1\r\nConnection: "
      "close\r\n\r\n");
  const std::string answers = peer.read_all();
  EXPECT_NE(answers.find("GET /1 "), std::string::npos);
  EXPECT_NE(answers.find("POST /2 x"), std::string::npos);
  EXPECT_NE(answers.find("GET /3 "), std::string::npos);
}

TEST_P(HttpServer, ClosesWhenAskedAndAfterHttp10) {
  serve(echo());
  EXPECT_EQ(status_of(exchange("GET / HTTP/1.1\r\nConnection: close\r\n\r\n")), 200);
  EXPECT_EQ(status_of(exchange("GET / HTTP/1.0\r\n\r\n")), 200);
  RawPeer kept = connect();
  kept.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_NE(kept.read_to("GET / ").find("Connection: keep-alive"), std::string::npos);
  EXPECT_FALSE(kept.is_closed(50));
}

TEST_P(HttpServer, TakesAnEmptyHostAndNone) {
  serve(echo());
  EXPECT_EQ(status_of(exchange("GET / HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n")), 200);
  EXPECT_EQ(status_of(exchange("GET / HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n")), 200);
  EXPECT_EQ(status_of(exchange("GET / HTTP/1.1\r\nConnection: close\r\n\r\n")), 200);
}

TEST_P(HttpServer, ReadsAChunkedBody) {
  serve(echo());
  const std::string answer = exchange(
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
      "5;note=1\r\nhello\r\n1\r\n \r\n6\r\n\r\nwor\n\r\n0\r\n\r\n");
  EXPECT_EQ(body_of(answer), "POST / hello \r\nwor\n");
}

TEST_P(HttpServer, TakesAPostWithoutLengthAsEmpty) {
  serve(echo());
  RawPeer peer = connect();
  peer.send("POST /Plugin.Activate HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(body_of(peer.read_to("Activate ")), "POST /Plugin.Activate ");
}

TEST_P(HttpServer, AsksForABodyThatWaitsForItsConsent) {
  serve(echo());
  RawPeer peer = connect();
  peer.send("POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(peer.read_to("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  peer.send("hi");
  EXPECT_EQ(body_of(peer.read_to("hi")), "POST / hi");
}

TEST_P(HttpServer, RefusesABodyThatWaitsForConsentWhenItIsTooLarge) {
  serve(echo(), {.max_body = 10});
  RawPeer peer = connect();
  peer.send("POST / HTTP/1.1\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(status_of(peer.read_all()), 413);
}

TEST_P(HttpServer, AnswersHeadWithoutBody) {
  serve(echo());
  RawPeer peer = connect();
  peer.send("HEAD /x HTTP/1.1\r\n\r\n");
  const std::string answer = peer.read_to("\r\n\r\n");
  EXPECT_NE(answer.find("Content-Length: 8\r\n"), std::string::npos);
  EXPECT_EQ(body_of(answer), "");
  peer.send("GET /y HTTP/1.1\r\n\r\n");
  EXPECT_EQ(body_of(peer.read_to("GET /y ")), "GET /y ");
}

TEST_P(HttpServer, TellsHandlersWhoConnected) {
  Peer peer;
  serve([&](const Request& request) {
    peer = request.peer;
    return Response();
  });
  exchange("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
  if (GetParam() == Kind::unix_socket) {
    EXPECT_EQ(peer.pid, ::getpid());
    EXPECT_EQ(peer.uid, static_cast<int>(::getuid()));
    EXPECT_EQ(peer.address, "");
  } else {
    EXPECT_TRUE(peer.address.starts_with("127.0.0.1:"));
    EXPECT_FALSE(peer.pid);
  }
}

TEST_P(HttpServer, GivesHandlersDecodedPartsAndLowerCaseHeaders) {
  Request seen;
  serve([&](const Request& request) {
    seen = request;
    return Response();
  });
  exchange(
      "GET /a%20b/c%2Fd?x=1&y=%26+z&x=2&flag HTTP/1.1\r\nX-Thing:  one \r\nx-thing: two\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(seen.path, "/a b/c/d");
  EXPECT_EQ(seen.raw_path, "/a%20b/c%2Fd");
  EXPECT_EQ(seen.query, (std::map<std::string, std::string>{{"x", "2"}, {"y", "& z"}, {"flag", ""}}));
  EXPECT_EQ(seen.header("x-thing"), "one, two");
  EXPECT_EQ(seen.header("none"), "");
  exchange("GET http://host/p?q=1 HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(seen.path, "/p");
}

TEST_P(HttpServer, RendersOurErrorWhenAHandlerThrows) {
  serve([](const Request& request) -> Response {
    if (request.path == "/std") throw std::runtime_error("no luck");
    throw 42;
  });
  testing::internal::CaptureStderr();
  RawPeer peer = connect();
  peer.send("GET /std HTTP/1.1\r\n\r\n");
  const std::string answer = peer.read_to("}}");
  peer.send("GET /any HTTP/1.1\r\n\r\n");
  const std::string second = peer.read_to("}}");
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(status_of(answer), 500);
  EXPECT_EQ(error_code_of(answer), "internal");
  EXPECT_NE(answer.find("no luck"), std::string::npos);
  EXPECT_EQ(status_of(second), 500);
  EXPECT_NE(log.find("path=/std thrown=no luck"), std::string::npos);
}

TEST_P(HttpServer, SpeaksTheErrorsOfItsOwner) {
  ServerOptions options;
  options.render_error = [](const Error& error) { return Response::json(Json::object().set("Err", error.message)); };
  serve(echo(), options);
  const std::string answer = exchange("POST / HTTP/1.1\r\nContent-Length: 70000\r\n\r\n");
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_NE(body_of(answer).find(R"({"Err":"cannot read the request: the body has 70000 bytes)"), std::string::npos);
}

TEST_P(HttpServer, LetsNoHeaderValueBeginALineOfItsOwn) {
  serve([](const Request&) {
    Response response;
    response.headers["X-Name"] = "a\r\nX-Evil: 1";
    return response;
  });
  EXPECT_EQ(exchange("GET / HTTP/1.1\r\nConnection: close\r\n\r\n").find("\r\nX-Evil"), std::string::npos);
}

TEST_P(HttpServer, ServesThreeHundredConnectionsAtOnce) {
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  serve([&](const Request&) {
    const int now = ++inside;
    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
    }
    for (int i = 0; i < 500 && most < 300; ++i) std::this_thread::sleep_for(20ms);
    --inside;
    return Response();
  });
  std::vector<RawPeer> peers;
  for (int i = 0; i < 300; ++i) peers.push_back(connect());
  for (RawPeer& peer : peers) peer.send("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
  for (RawPeer& peer : peers) EXPECT_EQ(status_of(peer.read_all()), 200);
  EXPECT_EQ(most, 300);
}

TEST_P(HttpServer, ClosesAnIdleConnection) {
  serve(echo(), {.idle_timeout = 100ms});
  RawPeer peer = connect();
  peer.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(status_of(peer.read_all()), 200);
}

TEST(HttpServerOnTcp, RefusesAPortInUse) {
  auto first = Server::start({.host = "127.0.0.1"}, [](const Request&) { return Response(); });
  ASSERT_TRUE(first);
  auto second =
      Server::start({.host = "127.0.0.1", .port = (*first)->port()}, [](const Request&) { return Response(); });
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::busy);
}

TEST(HttpServerOnTcp, SaysThatAHostIsNotHere) {
  EXPECT_FALSE(Server::start({.host = "192.0.2.1"}, [](const Request&) { return Response(); }));
  EXPECT_FALSE(Server::start({.host = "no-such-host.invalid"}, [](const Request&) { return Response(); }));
}

TEST(HttpServerOnUnix, ReplacesADeadSocket) {
  Scratch dir;
  const Endpoint endpoint{.socket_path = dir / "s.sock"};
  {
    UniqueFd dead(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    endpoint.socket_path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    ASSERT_EQ(::bind(dead.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }
  EXPECT_TRUE(Server::start(endpoint, [](const Request&) { return Response(); }));
  EXPECT_FALSE(files::exists(endpoint.socket_path));
}

TEST(HttpServerOnUnix, LeavesALiveSocketAndOtherFilesAlone) {
  Scratch dir;
  const Endpoint endpoint{.socket_path = dir / "s.sock"};
  auto first = Server::start(endpoint, [](const Request&) { return Response(); });
  ASSERT_TRUE(first);
  auto second = Server::start(endpoint, [](const Request&) { return Response(); });
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::busy);
  EXPECT_TRUE(Client(endpoint).call({.path = "/"}));
  std::ofstream(dir / "file") << "data";
  EXPECT_EQ(Server::start({.socket_path = dir / "file"}, nullptr).error().code, Code::exists);
  EXPECT_EQ(files::read(dir / "file").value(), "data");
  EXPECT_EQ(Server::start({.socket_path = dir / "none/s.sock"}, nullptr).error().code, Code::not_found);
}

TEST(HttpServerOnUnix, HasTheModeAskedForAndLeavesNothingElse) {
  Scratch dir;
  const Endpoint endpoint{.socket_path = dir / "s.sock"};
  ServerOptions options;
  options.socket_mode = 0660;
  auto server = Server::start(
      endpoint, [](const Request&) { return Response(); }, options);
  ASSERT_TRUE(server);
  struct stat info {};
  ASSERT_EQ(::stat(endpoint.socket_path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0660U);
  EXPECT_EQ(files::list(dir.path()).value(), std::vector<std::string>{"s.sock"});
}

TEST(HttpServerOnUnix, TakesThePathOverFromAServerThatEndsLater) {
  Scratch dir;
  const Endpoint endpoint{.socket_path = dir / "s.sock"};
  auto first = Server::start(endpoint, [](const Request&) { return Response(); });
  ASSERT_TRUE(first);
  ASSERT_TRUE(files::remove(endpoint.socket_path));
  auto second = Server::start(endpoint, [](const Request&) { return Response(); });
  ASSERT_TRUE(second);
  first->reset();
  EXPECT_TRUE(Client(endpoint).call({.path = "/"}));
}

TEST(HttpServerOnUnix, WorksOnTheLongestPathThereIs) {
  Scratch dir;
  std::string path = dir / "";
  path.resize(107, 'x');
  EXPECT_TRUE(Endpoint::parse("unix://" + path, 0));
  auto server = Server::start({.socket_path = path}, [](const Request&) { return Response(); });
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_TRUE(Client(Endpoint{.socket_path = path}).call({.path = "/"}));
}

TEST(HttpServerOnUnix, OnlyOneOfManyThatStartAtOnceWins) {
  Scratch dir;
  std::atomic<int> won{0};
  std::array<std::unique_ptr<Server>, 8> servers;
  {
    std::vector<std::jthread> threads;
    for (auto& server : servers) {
      threads.emplace_back([&] {
        auto started = Server::start({.socket_path = dir / "s.sock"}, [](const Request&) { return Response(); });
        if (!started) return;
        ++won;
        server = std::move(*started);
      });
    }
  }
  EXPECT_EQ(won, 1);
}

}  // namespace
}  // namespace polly::http
