// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/limits.h"
#include "protocol/command_codec.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gantry::test {

/// The other end of a connection as a blocking socket that can misbehave in any way.
class RawPeer
{
public:
    RawPeer() = default;
    explicit RawPeer(int descriptor)
        : m_fd(descriptor)
    {}
    RawPeer(RawPeer&& other) noexcept
        : m_fd(std::exchange(other.m_fd, -1))
        , m_decoder(std::move(other.m_decoder))
    {}
    RawPeer(const RawPeer&) = delete;
    RawPeer& operator=(const RawPeer&) = delete;
    RawPeer& operator=(RawPeer&&) = delete;
    ~RawPeer() { close(); }

    static RawPeer unconnected(int receiveBufferBytes = 0)
    {
        RawPeer peer(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (receiveBufferBytes != 0) {
            ::setsockopt(peer.m_fd, SOL_SOCKET, SO_RCVBUF, &receiveBufferBytes,
                         sizeof receiveBufferBytes);
        }
        return peer;
    }
    static RawPeer connected(std::uint16_t port, int receiveBufferBytes = 0)
    {
        auto peer = unconnected(receiveBufferBytes);
        peer.connect(port);
        return peer;
    }
    bool connect(std::uint16_t port)
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return ::connect(m_fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    }
    bool send(std::string_view bytes)
    {
        while (!bytes.empty()) {
            const auto sent = ::send(m_fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) {
                return false;
            }
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    /// As if this program had ended its output; it can still receive.
    void finishSending() { ::shutdown(m_fd, SHUT_WR); }
    bool send(const RemotingCommand& command, HeaderEncoding encoding = HeaderEncoding::Json)
    {
        return send(encodeFrame(command, encoding));
    }
    /// The next command; nothing when the connection ended or the time is over.
    std::optional<DecodedCommand>
    receive(std::chrono::milliseconds timeout = std::chrono::seconds(10))
    {
        for (;;) {
            auto frame = m_decoder.next();
            if (!frame) {
                m_problem = frame.error().message;
                return std::nullopt;
            }
            if (*frame) {
                auto decoded = decodeCommand(**frame);
                m_problem = decoded ? "" : decoded.error().message;
                return decoded ? std::optional(std::move(*decoded)) : std::nullopt;
            }
            if (!readSome(timeout)) {
                m_problem = "no more bytes";
                return std::nullopt;
            }
        }
    }
    /// Why receive() gave nothing.
    [[nodiscard]] const std::string& problem() const { return m_problem; }
    /// True when the other side ends the connection within the time; what it still sends is thrown
    /// away.
    bool endsWithin(std::chrono::milliseconds timeout)
    {
        const auto end = std::chrono::steady_clock::now() + timeout;
        char bytes[4096];
        for (;;) {
            if (!isReadable(end - std::chrono::steady_clock::now())) {
                return false;
            }
            if (::recv(m_fd, bytes, sizeof bytes, 0) <= 0) {
                return true;
            }
        }
    }
    void close()
    {
        if (m_fd >= 0) {
            ::close(std::exchange(m_fd, -1));
        }
    }
    int descriptor() const { return m_fd; }

private:
    bool isReadable(std::chrono::steady_clock::duration timeout)
    {
        pollfd waiting{m_fd, POLLIN, 0};
        const auto end = std::chrono::steady_clock::now() + timeout;
        for (;;) {
            const auto rest = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
            const int ready = ::poll(&waiting, 1, static_cast<int>(std::max<std::int64_t>(rest.count(), 0)));
            if (ready >= 0 || errno != EINTR) { // a fuzzer has a timer
                return ready == 1;
            }
        }
    }
    bool readSome(std::chrono::milliseconds timeout)
    {
        if (!isReadable(timeout)) {
            return false;
        }
        const auto space = m_decoder.prepare(64 * 1024);
        const auto count = ::recv(m_fd, space.data(), space.size(), 0);
        if (count <= 0) {
            return false;
        }
        m_decoder.commit(static_cast<std::size_t>(count));
        return true;
    }

    int m_fd = -1;
    FrameDecoder m_decoder{limits::kFrameBytesMax};
    std::string m_problem;
};

/// A listening socket that accepts one raw peer at a time.
class RawListener
{
public:
    explicit RawListener(int backlog = 16)
        : m_fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::bind(m_fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
        ::listen(m_fd, backlog);
    }
    ~RawListener() { ::close(m_fd); }
    RawListener(const RawListener&) = delete;
    RawListener& operator=(const RawListener&) = delete;

    std::uint16_t port() const
    {
        sockaddr_in address{};
        socklen_t size = sizeof address;
        ::getsockname(m_fd, reinterpret_cast<sockaddr*>(&address), &size);
        return ntohs(address.sin_port);
    }
    std::string address() const { return "127.0.0.1:" + std::to_string(port()); }
    RawPeer accept() { return RawPeer(::accept(m_fd, nullptr, nullptr)); }

private:
    int m_fd;
};

/// Its backlog is full, so that the system neither accepts nor refuses a connection to it.
class SilentListener
{
public:
    SilentListener()
    {
        for (int i = 0; i < 4; ++i) {
            m_fillers.push_back(
                RawPeer(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)));
            (void)m_fillers.back().connect(m_listener.port());
        }
    }
    std::string address() const { return m_listener.address(); }

private:
    RawListener m_listener{0};
    std::vector<RawPeer> m_fillers;
};

} // namespace gantry::test
