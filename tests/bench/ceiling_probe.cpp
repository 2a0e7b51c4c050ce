// SPDX-License-Identifier: GPL-3.0-or-later

// ceiling_probe PORT FILE async|sync: a server that does nothing but the bare path of a send: frame, a look at the
// header, checksum of the body, copy into a mapped file that wraps around, answer. No topics, queues, readers or
// recovery: what it reaches is the most a broker could reach on this machine. tests/bench/ceiling compares with it.
#include "base/byte_cursor.h"
#include "base/crc32.h"
#include "base/limits.h"
#include "protocol/command_codec.h"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace gantry;

constexpr std::size_t kSegmentBytes = 256 * kMiB;
constexpr std::size_t kRecordHead = 160; // header, topic and properties of a record, about
constexpr std::size_t kReadBytes = 256 * 1024;

struct Peer
{
    int descriptor;
    FrameDecoder decoder{limits::kFrameBytesMax};
    std::string out;
};

class Probe
{
public:
    Probe(int port, const char* path, bool isSync)
        : m_isSync(isSync)
    {
        m_file = ::open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (m_file < 0 || ::ftruncate(m_file, static_cast<off_t>(kSegmentBytes)) != 0) {
            stop("the file cannot be made");
        }
        m_segment = static_cast<std::byte*>(::mmap(nullptr, kSegmentBytes, PROT_READ | PROT_WRITE, MAP_SHARED, m_file, 0));
        if (m_segment == MAP_FAILED) {
            stop("the file cannot be mapped");
        }
        ::madvise(m_segment, kSegmentBytes, MADV_RANDOM);
        std::memset(m_segment, 1, kSegmentBytes); // written once, so that no sync has to allocate blocks
        ::fdatasync(m_file);
        m_listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int on = 1;
        ::setsockopt(m_listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::bind(m_listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
            ::listen(m_listener, 512) != 0) {
            stop("the port cannot be listened on");
        }
        m_poll = ::epoll_create1(EPOLL_CLOEXEC);
        watch(m_listener);
    }

    [[noreturn]] void run()
    {
        std::array<epoll_event, 256> events;
        while (true) {
            const int count = ::epoll_wait(m_poll, events.data(), static_cast<int>(events.size()), -1);
            m_hasAppended = false;
            for (int i = 0; i < count; ++i) {
                const int descriptor = events[static_cast<std::size_t>(i)].data.fd;
                if (descriptor == m_listener) {
                    accept();
                } else {
                    read(descriptor);
                }
            }
            if (m_isSync && m_hasAppended && ::fdatasync(m_file) != 0) {
                stop("sync failed");
            }
            for (auto& [descriptor, peer] : m_peers) {
                send(*peer);
            }
        }
    }

private:
    [[noreturn]] static void stop(const char* why)
    {
        fmt::print(stderr, "ceiling_probe: {}: {}\n", why, std::strerror(errno));
        std::exit(1);
    }

    void watch(int descriptor) const
    {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = descriptor;
        ::epoll_ctl(m_poll, EPOLL_CTL_ADD, descriptor, &event);
    }

    void accept()
    {
        const int descriptor = ::accept4(m_listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (descriptor >= 0) {
            const int on = 1;
            ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
            m_peers.emplace(descriptor, std::make_unique<Peer>(Peer{descriptor, FrameDecoder(limits::kFrameBytesMax), {}}));
            watch(descriptor);
        }
    }

    void read(int descriptor)
    {
        auto& peer = *m_peers.at(descriptor);
        const auto space = peer.decoder.prepare(kReadBytes);
        const auto count = ::recv(descriptor, space.data(), space.size(), 0);
        if (count <= 0) {
            ::close(descriptor);
            m_peers.erase(descriptor);
            return;
        }
        peer.decoder.commit(static_cast<std::size_t>(count));
        while (true) {
            const auto frame = peer.decoder.next();
            if (!frame) {
                stop("a frame is unusable");
            }
            if (!*frame) {
                return;
            }
            answer(peer, **frame);
        }
    }

    void answer(Peer& peer, ByteView frame)
    {
        const auto word = loadBig<std::uint32_t>(frame.data());
        const auto headerBytes = word & 0xFF'FFFFU;
        const auto header = asText(frame.subspan(4, headerBytes));
        const auto body = frame.subspan(4 + headerBytes);
        std::int32_t opaque = 0;
        if ((word >> 24) == 1) {
            opaque = loadBig<std::int32_t>(frame.data() + 4 + 5);
        } else {
            constexpr std::string_view kName = "\"opaque\":";
            const auto at = header.find(kName) + kName.size();
            std::from_chars(header.data() + at, header.data() + header.size(), opaque);
        }
        append(body);
        auto& out = peer.out;
        const auto begin = out.size();
        out.append(8, '\0');
        fmt::format_to(std::back_inserter(out),
                       "{{\"code\":0,\"extFields\":{{\"msgId\":\"7F00000100002A9F{:016X}\",\"queueId\":\"0\",\"queueOffset\":\"{}\","
                       "\"offset\":\"0\",\"MSG_REGION\":\"DefaultRegion\",\"TRACE_ON\":\"true\"}},\"flag\":1,\"language\":\"CPP\","
                       "\"opaque\":{},\"serializeTypeCurrentRPC\":\"JSON\",\"version\":479}}",
                       m_at, m_count++, opaque);
        const auto size = static_cast<std::uint32_t>(out.size() - begin - 8);
        storeBig(reinterpret_cast<std::byte*>(out.data() + begin), size + 4);
        storeBig(reinterpret_cast<std::byte*>(out.data() + begin + 4), size);
    }

    void append(ByteView body)
    {
        if (body.empty()) {
            return;
        }
        const auto size = kRecordHead + body.size();
        if (m_at + size > kSegmentBytes) {
            m_at = 0;
        }
        storeBig(m_segment + m_at, storedCrc32(body));
        std::memset(m_segment + m_at + 4, 7, kRecordHead - 4);
        std::memcpy(m_segment + m_at + kRecordHead, body.data(), body.size());
        m_at += size;
        m_hasAppended = true;
    }

    void send(Peer& peer) const
    {
        std::size_t at = 0;
        while (at < peer.out.size()) {
            const auto count = ::send(peer.descriptor, peer.out.data() + at, peer.out.size() - at, MSG_NOSIGNAL);
            if (count <= 0) {
                break; // the peer is gone; the next read says so
            }
            at += static_cast<std::size_t>(count);
        }
        peer.out.clear();
    }

    bool m_isSync;
    int m_file = -1;
    int m_listener = -1;
    int m_poll = -1;
    std::byte* m_segment = nullptr;
    std::size_t m_at = 0;
    std::uint64_t m_count = 0;
    bool m_hasAppended = false;
    std::map<int, std::unique_ptr<Peer>> m_peers;
};

} // namespace

int main(int argc, char** argv)
{
    if (argc != 4) {
        fmt::print(stderr, "usage: ceiling_probe PORT FILE async|sync\n");
        return 1;
    }
    Probe(std::atoi(argv[1]), argv[2], std::string_view(argv[3]) == "sync").run();
}
