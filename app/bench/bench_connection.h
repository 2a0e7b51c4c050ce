// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "answer_scan.h"

#include "base/error.h"
#include "protocol/command_codec.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace gantry::bench {

/// A non-blocking connection with a buffer each way. One thread.
class BenchConnection
{
public:
    [[nodiscard]] static Result<BenchConnection> open(const std::string& address);
    BenchConnection(BenchConnection&& other) noexcept;
    BenchConnection& operator=(BenchConnection&&) = delete;
    ~BenchConnection();

    [[nodiscard]] int descriptor() const { return m_descriptor; }
    /// Append frames here, then flush().
    std::string& out() { return m_out; }
    /// Writes what the socket takes now.
    [[nodiscard]] Result<> flush();
    [[nodiscard]] bool wantsToWrite() const { return m_written < m_out.size(); }
    /// Reads once and gives every whole answer to `take`.
    [[nodiscard]] Result<> read(const std::function<void(const Answer&)>& take);

    bool isWatchedForWriting = false; ///< the owner's

private:
    explicit BenchConnection(int descriptor);
    int m_descriptor;
    std::string m_out;
    std::size_t m_written = 0;
    FrameDecoder m_decoder;
};

/// epoll over some connections, with a wait of nanoseconds.
class Poller
{
public:
    Poller();
    ~Poller();
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;

    void add(const BenchConnection& connection, std::size_t index);
    /// After a flush(): watches for room to write only while something waits.
    void update(BenchConnection& connection, std::size_t index);

    struct Ready
    {
        std::size_t index;
        bool isReadable;
        bool isWritable;
    };
    /// Waits up to `ns`; negative waits for ever.
    const std::vector<Ready>& wait(std::int64_t ns);

private:
    int m_descriptor;
    std::vector<Ready> m_ready;
};

/// Nanoseconds of the steady clock.
[[nodiscard]] std::int64_t nowNs();

} // namespace gantry::bench
