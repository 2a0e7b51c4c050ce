// SPDX-License-Identifier: Apache-2.0
#include "message/message_id.h"

#include "base/byte_cursor.h"
#include "base/hex.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <random>

namespace gantry {

namespace {

/// The part of unique keys that stays the same in one process.
struct UniqueIdBase
{
    std::array<std::uint8_t, 4> ip{};
    std::uint16_t process = 0;
    std::uint32_t word = 0;
};

UniqueIdBase makeUniqueIdBase()
{
    UniqueIdBase base;
    std::random_device random;
    base.word = random();
    base.process = static_cast<std::uint16_t>(::getpid() & 0xFFFF);
    storeBig(reinterpret_cast<std::byte*>(base.ip.data()), static_cast<std::uint32_t>(random()));

    ifaddrs* interfaces = nullptr;
    if (::getifaddrs(&interfaces) == 0) {
        for (const ifaddrs* each = interfaces; each != nullptr; each = each->ifa_next) {
            if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != AF_INET ||
                (each->ifa_flags & IFF_LOOPBACK) != 0) {
                continue;
            }
            sockaddr_in address{};
            std::memcpy(&address, each->ifa_addr, sizeof(address));
            std::memcpy(base.ip.data(), &address.sin_addr, base.ip.size());
            break;
        }
        ::freeifaddrs(interfaces);
    }
    return base;
}

std::int64_t monthStartMs(std::int64_t nowMs)
{
    const auto seconds = static_cast<std::time_t>(nowMs / 1000);
    std::tm local{};
    ::localtime_r(&seconds, &local);
    local.tm_mday = 1;
    local.tm_hour = 0;
    local.tm_min = 0;
    local.tm_sec = 0;
    local.tm_isdst = -1;
    return static_cast<std::int64_t>(::mktime(&local)) * 1000;
}

std::int64_t nowWallMs()
{
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

} // namespace

std::string formatOffsetMessageId(const HostAddress& storeHost, std::int64_t commitLogOffset)
{
    std::string raw;
    ByteWriter writer(raw);
    writeHost(writer, storeHost);
    writer.write(commitLogOffset);
    return toHex(asBytes(raw));
}

Result<OffsetMessageId> parseOffsetMessageId(std::string_view text)
{
    if (text.size() != 32 && text.size() != 56) {
        return fail(Errc::InvalidArgument, "a message id has 32 or 56 hex digits, this has {} characters", text.size());
    }
    const auto raw = fromHex(text);
    if (!raw) {
        return fail(Errc::InvalidArgument, "'{}' is not a message id: it holds something else than hex digits", text);
    }
    OffsetMessageId id;
    id.storeHost.isV6 = text.size() == 56;
    ByteReader reader(asBytes(*raw));
    const std::string_view ip = reader.readText(id.storeHost.isV6 ? 16 : 4);
    std::memcpy(id.storeHost.ip.data(), ip.data(), ip.size());
    id.storeHost.port = reader.read<std::int32_t>();
    id.commitLogOffset = reader.read<std::int64_t>();
    return id;
}

std::string makeUniqueMessageId()
{
    static const UniqueIdBase base = makeUniqueIdBase();
    static std::atomic<std::uint16_t> counter{0};
    // A month's start costs a time zone look-up, so it is kept for as long as it surely is the same: a quarter hour.
    static std::atomic<std::int64_t> quarterKnown{-1};
    static std::atomic<std::int64_t> monthStart{0};

    const std::int64_t now = nowWallMs();
    const std::int64_t quarter = now / (15 * 60 * 1000);
    std::int64_t start = monthStart.load(std::memory_order_relaxed);
    if (quarterKnown.load(std::memory_order_acquire) != quarter) {
        start = monthStartMs(now);
        monthStart.store(start, std::memory_order_relaxed);
        quarterKnown.store(quarter, std::memory_order_release);
    }
    std::string raw;
    ByteWriter writer(raw);
    writer.writeBytes(std::as_bytes(std::span(base.ip)));
    writer.write(base.process);
    writer.write(base.word);
    writer.write(static_cast<std::uint32_t>(now - start));
    writer.write(counter.fetch_add(1, std::memory_order_relaxed));
    return toHex(asBytes(raw));
}

} // namespace gantry
