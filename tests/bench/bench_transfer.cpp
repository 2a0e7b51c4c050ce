// SPDX-License-Identifier: GPL-3.0-or-later

// bench_transfer [directory]: from the page cache to a socket, three ways: read into a buffer and send that; send from
// a mapping; sendfile. Each as it would serve a pull (a header, then neighbouring records of the log), with and without
// looking at the records' checksums first. Alternating rounds; prints medians of rate and of the sender's CPU.
#include "base/crc32.h"
#include "base/units.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace gantry;

constexpr std::size_t kFileBytes = 256 * kMiB;
constexpr std::size_t kRecordBytes = 1200;
constexpr std::size_t kRoundBytes = 512 * kMiB;
constexpr int kRounds = 7;
const std::string kHead(200, 'h');

[[noreturn]] void stop(const char* what)
{
    fmt::print(stderr, "bench_transfer: {}: {}\n", what, std::strerror(errno));
    std::exit(1);
}

double threadCpuSeconds()
{
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

/// A connected pair over loopback; the far end reads and forgets on a thread of its own.
class Pipe
{
public:
    Pipe()
    {
        const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof(address);
        if (::bind(listener, reinterpret_cast<sockaddr*>(&address), length) != 0 || ::listen(listener, 1) != 0 ||
            ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
            stop("listen");
        }
        m_near = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (::connect(m_near, reinterpret_cast<sockaddr*>(&address), length) != 0) {
            stop("connect");
        }
        m_far = ::accept(listener, nullptr, nullptr);
        ::close(listener);
        const int on = 1;
        ::setsockopt(m_near, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        m_reader = std::thread([this] {
            std::vector<char> buffer(256 * 1024);
            while (::recv(m_far, buffer.data(), buffer.size(), 0) > 0) {
            }
        });
    }
    ~Pipe()
    {
        ::shutdown(m_near, SHUT_RDWR);
        m_reader.join();
        ::close(m_near);
        ::close(m_far);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    /// All of both.
    void send(const char* data, std::size_t size)
    {
        std::array<iovec, 2> pieces{{{const_cast<char*>(kHead.data()), kHead.size()}, {const_cast<char*>(data), size}}};
        std::size_t first = 0;
        while (first < pieces.size()) {
            msghdr message{};
            message.msg_iov = &pieces[first];
            message.msg_iovlen = pieces.size() - first;
            auto count = ::sendmsg(m_near, &message, MSG_NOSIGNAL);
            if (count < 0) {
                stop("sendmsg");
            }
            while (first < pieces.size() && static_cast<std::size_t>(count) >= pieces[first].iov_len) {
                count -= static_cast<ssize_t>(pieces[first++].iov_len);
            }
            if (first < pieces.size()) {
                pieces[first].iov_base = static_cast<char*>(pieces[first].iov_base) + count;
                pieces[first].iov_len -= static_cast<std::size_t>(count);
            }
        }
    }
    void sendFile(int file, std::size_t offset, std::size_t size)
    {
        if (::send(m_near, kHead.data(), kHead.size(), MSG_NOSIGNAL | MSG_MORE) != static_cast<ssize_t>(kHead.size())) {
            stop("send");
        }
        auto at = static_cast<off_t>(offset);
        const auto end = static_cast<off_t>(offset + size);
        while (at < end) {
            if (::sendfile(m_near, file, &at, static_cast<std::size_t>(end - at)) <= 0) {
                stop("sendfile");
            }
        }
    }

private:
    int m_near = -1;
    int m_far = -1;
    std::thread m_reader;
};

enum class Way { Copy, Mapping, SendFile };

struct Source
{
    int file;
    const char* map;
};

std::uint64_t g_sum = 0;

void look(const char* data, std::size_t size)
{
    for (std::size_t at = 0; at + kRecordBytes <= size; at += kRecordBytes) {
        g_sum += static_cast<std::uint64_t>(storedCrc32(std::as_bytes(std::span(data + at + 100, 1024))));
    }
}

struct Figure
{
    double megabytesPerSecond;
    double cpuMicrosecondsPer32;
};

Figure run(const Source& source, Way way, std::size_t pullBytes, bool checks)
{
    Pipe pipe;
    const auto begin = std::chrono::steady_clock::now();
    const double cpu = threadCpuSeconds();
    std::size_t sent = 0;
    for (std::size_t at = 0; sent < kRoundBytes; sent += pullBytes, at = at + 2 * pullBytes > kFileBytes ? 0 : at + pullBytes) {
        if (way == Way::Copy) {
            std::string buffer(pullBytes, '\0'); // an answer's body is a string of its own
            if (::pread(source.file, buffer.data(), pullBytes, static_cast<off_t>(at)) != static_cast<ssize_t>(pullBytes)) {
                stop("pread");
            }
            if (checks) {
                look(buffer.data(), pullBytes);
            }
            pipe.send(buffer.data(), pullBytes);
            continue;
        }
        if (checks) {
            look(source.map + at, pullBytes);
        }
        way == Way::Mapping ? pipe.send(source.map + at, pullBytes) : pipe.sendFile(source.file, at, pullBytes);
    }
    const double used = threadCpuSeconds() - cpu;
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return {static_cast<double>(sent) / seconds / 1e6, used * 1e6 * 32 * kRecordBytes / static_cast<double>(sent)};
}

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

} // namespace

int main(int argc, char** argv)
{
    const std::string path = std::string(argc > 1 ? argv[1] : "/tmp") + "/bench_transfer." + std::to_string(::getpid());
    Source source{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600), nullptr};
    const std::string block(kMiB, 'r');
    for (std::size_t at = 0; source.file >= 0 && at < kFileBytes; at += block.size()) {
        if (::pwrite(source.file, block.data(), block.size(), static_cast<off_t>(at)) < 0) {
            stop("write");
        }
    }
    void* map = ::mmap(nullptr, kFileBytes, PROT_READ, MAP_SHARED, source.file, 0);
    ::unlink(path.c_str());
    if (source.file < 0 || map == MAP_FAILED) {
        stop(path.c_str());
    }
    source.map = static_cast<const char*>(map);
    fmt::print("| answer | checksums | way | MB/s | sender's CPU, us per 32 records |\n|---|---|---|---|---|\n");
    for (const std::size_t records : {32U, 218U}) {
        for (const bool checks : {true, false}) {
            std::array<std::vector<double>, 3> rates;
            std::array<std::vector<double>, 3> costs;
            for (int round = 0; round < kRounds; ++round) {
                for (const Way way : {Way::Copy, Way::Mapping, Way::SendFile}) {
                    const Figure figure = run(source, way, records * kRecordBytes, checks);
                    rates[static_cast<std::size_t>(way)].push_back(figure.megabytesPerSecond);
                    costs[static_cast<std::size_t>(way)].push_back(figure.cpuMicrosecondsPer32);
                }
            }
            for (std::size_t way = 0; way < 3; ++way) {
                constexpr std::array<const char*, 3> kNames{"pread, sendmsg", "sendmsg from the mapping", "sendfile"};
                fmt::print("| {} records | {} | {} | {:.0f} | {:.1f} |\n", records, checks ? "looked at" : "not looked at", kNames[way],
                           median(rates[way]), median(costs[way]));
            }
        }
    }
    return g_sum == 1 ? 1 : 0; // keeps the sums from being left out
}
