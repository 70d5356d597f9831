#include "web/connection_table.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <thread>

namespace canaryd::web::test {

namespace {

struct Pair {
  Pair() {
    std::array<int, 2> fds{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()) == 0);
    ours = UniqueFd(fds[0]);
    theirs = UniqueFd(fds[1]);
  }
  bool shut() const {
    char byte = 0;
    return ::recv(theirs.get(), &byte, 1, 0) == 0;
  }
  UniqueFd ours;
  UniqueFd theirs;
};

PeerAddress peer(const std::string& ip) { return {ip, 1, ip}; }

PeerAddress from_text(const std::string& text) {
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(4711);
  REQUIRE(inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1);
  sockaddr_storage storage{};
  std::memcpy(&storage, &v6, sizeof v6);
  return peer_address(storage);
}

}  // namespace

TEST_CASE("an IPv6 peer counts by its network and a mapped IPv4 one by its address") {
  CHECK(from_text("::ffff:10.0.0.7").ip == "10.0.0.7");
  CHECK(from_text("::ffff:10.0.0.7").str() == "10.0.0.7:4711");
  CHECK(from_text("2001:db8:1:2:3:4:5:6").str() == "[2001:db8:1:2:3:4:5:6]:4711");
  CHECK(from_text("2001:db8:1:2:3:4:5:6").group == from_text("2001:db8:1:2::9").group);
  CHECK(from_text("2001:db8:1:2::9").group != from_text("2001:db8:1:3::9").group);
}

TEST_CASE("an idle connection gives way before one that is in its handshake") {
  ConnectionTable table(2, ProtectWorking::yes);
  Pair idle;
  Pair fresh;
  Pair next;
  Connection* first = table.admit(std::move(idle.ours), peer("a"));
  REQUIRE(table.admit(std::move(fresh.ours), peer("b")) != nullptr);
  REQUIRE(table.enter(*first, Phase::working));
  REQUIRE(table.enter(*first, Phase::idle));
  REQUIRE(table.admit(std::move(next.ours), peer("c")) != nullptr);
  CHECK(idle.shut());
  CHECK_FALSE(fresh.shut());
  CHECK_FALSE(table.enter(*first, Phase::head));
  CHECK(table.evicted() == 1);
}

TEST_CASE("a connection that shows no credentials for a second gives way before an idle one that did") {
  ConnectionTable table(2, ProtectWorking::yes);
  Pair idle;
  Pair slow;
  Pair next;
  REQUIRE(table.admit(std::move(slow.ours), peer("b")) != nullptr);
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  Connection* honest = table.admit(std::move(idle.ours), peer("a"));
  REQUIRE(table.enter(*honest, Phase::working));
  REQUIRE(table.enter(*honest, Phase::idle));
  REQUIRE(table.admit(std::move(next.ours), peer("c")) != nullptr);
  CHECK(slow.shut());
  CHECK_FALSE(idle.shut());
}

TEST_CASE("nobody gives way while all are working") {
  ConnectionTable table(1, ProtectWorking::yes);
  Pair busy;
  Pair next;
  Connection* working = table.admit(std::move(busy.ours), peer("a"));
  REQUIRE(table.enter(*working, Phase::working));
  CHECK(table.admit(std::move(next.ours), peer("b")) == nullptr);
  CHECK_FALSE(busy.shut());
  table.release(*working);
  CHECK(table.open() == 0);
}

TEST_CASE("one at work gives way like any other where it is not protected") {
  ConnectionTable table(2, ProtectWorking::no);
  Pair busy;
  Pair fresh;
  Pair next;
  Connection* working = table.admit(std::move(busy.ours), peer("a"));
  REQUIRE(table.enter(*working, Phase::working));
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  REQUIRE(table.admit(std::move(fresh.ours), peer("b")) != nullptr);
  REQUIRE(table.admit(std::move(next.ours), peer("c")) != nullptr);
  CHECK(busy.shut());
  CHECK_FALSE(fresh.shut());
}

TEST_CASE("a table whose leaving connections equal its slots is crowded until one is released") {
  ConnectionTable table(1, ProtectWorking::yes);
  Pair one;
  Pair two;
  Connection* leaving = table.admit(std::move(one.ours), peer("a"));
  CHECK_FALSE(table.crowded());
  REQUIRE(table.admit(std::move(two.ours), peer("b")) != nullptr);
  CHECK(table.crowded());
  table.release(*leaving);
  CHECK_FALSE(table.crowded());
}

}  // namespace canaryd::web::test
