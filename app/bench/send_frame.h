// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bench_options.h"

#include <cstdint>
#include <string>
#include <vector>

namespace gantry::bench {

/// Opaques begin here, so that each has ten digits and a frame never changes its length.
inline constexpr std::int32_t kOpaqueBase = 1'000'000'000;
/// A message's number stands as this many hexadecimal digits at the start of its body, in UNIQ_KEY and in KEYS.
inline constexpr std::size_t kNumberDigits = 16;

/// The number a body begins with; nothing if it is not one of ours.
[[nodiscard]] bool parseNumber(std::string_view body, std::uint64_t& number);

/// A send request as engine/protocol encodes it, kept as bytes in which only what differs from message to message is
/// overwritten: a generator must not cost more than the broker it loads.
class SendFrame
{
public:
    /// For queue ids of `queueDigits` digits.
    SendFrame(const Options& options, int queueDigits);

    /// Appends the frame with messages number firstNumber, firstNumber + 1, ... to `out`.
    void append(std::string& out, std::int32_t opaque, int queue, std::uint64_t firstNumber, std::int64_t bornMs) const;
    [[nodiscard]] std::size_t size() const { return m_bytes.size(); }

private:
    struct Item
    {
        std::vector<std::size_t> numbersAt;
    };
    HeaderEncoding m_encoding;
    std::string m_bytes;
    std::size_t m_opaqueAt = 0;
    std::size_t m_queueAt = 0;
    int m_queueDigits;
    std::size_t m_bornAt = 0;
    std::vector<Item> m_items;
};

/// Templates for every length of a queue id.
class SendFrames
{
public:
    explicit SendFrames(const Options& options);
    [[nodiscard]] const SendFrame& forQueue(int queue) const;

private:
    std::vector<SendFrame> m_byDigits;
};

} // namespace gantry::bench
