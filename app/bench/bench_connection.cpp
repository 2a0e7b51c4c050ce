// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench_connection.h"

#include "blocking_peer.h"

#include "base/limits.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <utility>

namespace gantry::bench {

namespace {
constexpr std::size_t kReadBytes = 256 * 1024;
constexpr std::size_t kEventsMax = 256;
} // namespace

BenchConnection::BenchConnection(int descriptor)
    : m_descriptor(descriptor)
    , m_decoder(limits::kFrameBytesMax)
{
    ::fcntl(m_descriptor, F_SETFL, ::fcntl(m_descriptor, F_GETFL) | O_NONBLOCK);
}

BenchConnection::BenchConnection(BenchConnection&& other) noexcept
    : isWatchedForWriting(other.isWatchedForWriting)
    , m_descriptor(std::exchange(other.m_descriptor, -1))
    , m_out(std::move(other.m_out))
    , m_written(other.m_written)
    , m_decoder(std::move(other.m_decoder))
{}

BenchConnection::~BenchConnection()
{
    if (m_descriptor >= 0) {
        ::close(m_descriptor);
    }
}

Result<BenchConnection> BenchConnection::open(const std::string& address)
{
    GANTRY_TRY(descriptor, connectTo(address));
    return BenchConnection(descriptor);
}

Result<> BenchConnection::flush()
{
    while (m_written < m_out.size()) {
        const auto count = ::send(m_descriptor, m_out.data() + m_written, m_out.size() - m_written, MSG_NOSIGNAL);
        if (count < 0) {
            if (errno == EAGAIN || errno == EINTR) {
                return {};
            }
            return fail(Errc::ConnectionClosed, "the broker closed a connection: {}", std::strerror(errno));
        }
        m_written += static_cast<std::size_t>(count);
    }
    m_out.clear();
    m_written = 0;
    return {};
}

Result<> BenchConnection::read(const std::function<void(const Answer&)>& take)
{
    const auto space = m_decoder.prepare(kReadBytes);
    const auto count = ::recv(m_descriptor, space.data(), space.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
        m_decoder.commit(0);
        return {};
    }
    if (count <= 0) {
        return fail(Errc::ConnectionClosed, "the broker closed a connection");
    }
    m_decoder.commit(static_cast<std::size_t>(count));
    while (true) {
        GANTRY_TRY(frame, m_decoder.next());
        if (!frame) {
            return {};
        }
        const auto answer = scanAnswer(*frame);
        if (!answer || !answer->isResponse) {
            return fail(Errc::Protocol, "a frame of {} bytes that is no answer", frame->size());
        }
        take(*answer);
    }
}

Poller::Poller()
    : m_descriptor(::epoll_create1(EPOLL_CLOEXEC))
{
    ::prctl(PR_SET_TIMERSLACK, 1UL); // an open loop sends at its intended times
}

Poller::~Poller()
{
    ::close(m_descriptor);
}

void Poller::add(const BenchConnection& connection, std::size_t index)
{
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = index;
    ::epoll_ctl(m_descriptor, EPOLL_CTL_ADD, connection.descriptor(), &event);
}

void Poller::update(BenchConnection& connection, std::size_t index)
{
    if (connection.wantsToWrite() == connection.isWatchedForWriting) {
        return;
    }
    connection.isWatchedForWriting = connection.wantsToWrite();
    epoll_event event{};
    event.events = connection.isWatchedForWriting ? EPOLLIN | EPOLLOUT : EPOLLIN;
    event.data.u64 = index;
    ::epoll_ctl(m_descriptor, EPOLL_CTL_MOD, connection.descriptor(), &event);
}

const std::vector<Poller::Ready>& Poller::wait(std::int64_t ns)
{
    std::array<epoll_event, kEventsMax> events;
    timespec timeout{};
    timeout.tv_sec = ns / 1'000'000'000;
    timeout.tv_nsec = ns % 1'000'000'000;
    const int count = ::epoll_pwait2(m_descriptor, events.data(), static_cast<int>(events.size()),
                                     ns < 0 ? nullptr : &timeout, nullptr);
    m_ready.clear();
    for (int i = 0; i < count; ++i) {
        const auto& event = events[static_cast<std::size_t>(i)];
        m_ready.push_back({static_cast<std::size_t>(event.data.u64), (event.events & ~EPOLLOUT) != 0,
                           (event.events & EPOLLOUT) != 0});
    }
    return m_ready;
}

std::int64_t nowNs()
{
    return std::chrono::steady_clock::now().time_since_epoch().count();
}

} // namespace gantry::bench
