// SPDX-License-Identifier: GPL-3.0-or-later
#include "blocking_peer.h"

#include "base/byte_cursor.h"
#include "protocol/command_codec.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <charconv>
#include <cstring>
#include <utility>

namespace gantry::bench {

namespace {

constexpr int kAnswerSeconds = 30;

bool sendAll(int descriptor, std::string_view bytes)
{
    while (!bytes.empty()) {
        const auto count = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count <= 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

bool receiveAll(int descriptor, std::string& bytes)
{
    std::size_t have = 0;
    while (have < bytes.size()) {
        const auto count = ::recv(descriptor, bytes.data() + have, bytes.size() - have, 0);
        if (count <= 0) {
            return false;
        }
        have += static_cast<std::size_t>(count);
    }
    return true;
}

} // namespace

Result<int> connectTo(const std::string& address)
{
    const auto colon = address.rfind(':');
    sockaddr_in peer{};
    peer.sin_family = AF_INET;
    std::uint16_t port = 0;
    const auto* end = address.data() + address.size();
    if (colon == std::string::npos || std::from_chars(address.data() + colon + 1, end, port).ptr != end ||
        ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &peer.sin_addr) != 1) {
        return fail(Errc::InvalidArgument, "'{}' is not an IPv4 address and a port, e.g. 127.0.0.1:10911", address);
    }
    peer.sin_port = htons(port);
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        return fail(Errc::Io, "no socket: {}", std::strerror(errno));
    }
    if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&peer), sizeof(peer)) != 0) {
        const int why = errno;
        ::close(descriptor);
        return fail(Errc::ConnectFailed, "{} does not answer: {}", address, std::strerror(why));
    }
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return descriptor;
}

BlockingPeer::BlockingPeer(int descriptor)
    : m_descriptor(descriptor)
{
    const timeval patience{kAnswerSeconds, 0};
    ::setsockopt(m_descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
}

BlockingPeer::BlockingPeer(BlockingPeer&& other) noexcept
    : m_descriptor(std::exchange(other.m_descriptor, -1))
    , m_opaque(other.m_opaque)
{}

BlockingPeer::~BlockingPeer()
{
    if (m_descriptor >= 0) {
        ::close(m_descriptor);
    }
}

Result<BlockingPeer> BlockingPeer::open(const std::string& address)
{
    GANTRY_TRY(descriptor, connectTo(address));
    return BlockingPeer(descriptor);
}

Result<RemotingCommand> BlockingPeer::ask(RemotingCommand request)
{
    request.opaque = ++m_opaque;
    const auto code = request.code;
    if (!sendAll(m_descriptor, encodeFrame(request))) {
        return fail(Errc::ConnectionClosed, "request {} could not be sent", code);
    }
    std::string head(4, '\0');
    if (!receiveAll(m_descriptor, head)) {
        return fail(Errc::Timeout, "request {} was not answered within {} s", code, kAnswerSeconds);
    }
    std::string frame(loadBig<std::uint32_t>(asBytes(head).data()), '\0');
    if (!receiveAll(m_descriptor, frame)) {
        return fail(Errc::ConnectionClosed, "the answer to request {} is cut off", code);
    }
    GANTRY_TRY(decoded, decodeCommand(asBytes(frame)));
    if (decoded.command.code != 0) {
        return tl::unexpected<Error>(Error{Errc::Remote, fmt::format("request {} was answered with {}: {}", code,
                                                                     decoded.command.code, decoded.command.remark),
                                           decoded.command.code});
    }
    return std::move(decoded.command);
}

Result<> createTopic(BlockingPeer& peer, const std::string& topic, int queues)
{
    auto request = RemotingCommand::request(RequestCode::UpdateAndCreateTopic);
    request.fields.add("topic", topic);
    request.fields.add("defaultTopic", "TBW102");
    request.fields.add("readQueueNums", std::int64_t{queues});
    request.fields.add("writeQueueNums", std::int64_t{queues});
    request.fields.add("perm", "6");
    request.fields.add("topicFilterType", "SINGLE_TAG");
    request.fields.add("topicSysFlag", "0");
    request.fields.add("order", "false");
    GANTRY_TRY(answer, peer.ask(std::move(request)));
    (void)answer;
    return {};
}

Result<std::int64_t> endOfQueue(BlockingPeer& peer, const std::string& topic, int queue)
{
    auto request = RemotingCommand::request(RequestCode::GetMaxOffset);
    request.fields.add("topic", topic);
    request.fields.add("queueId", std::int64_t{queue});
    GANTRY_TRY(answer, peer.ask(std::move(request)));
    const auto text = answer.fields.find("offset").value_or("");
    std::int64_t offset = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), offset).ec != std::errc{}) {
        return fail(Errc::Protocol, "the end of queue {} of {} is '{}'", queue, topic, text);
    }
    return offset;
}

} // namespace gantry::bench
