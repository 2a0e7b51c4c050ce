// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/command_codec.h"

#include <sys/uio.h>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace gantry {

/// What one connection has to write. Heads and small bodies are put together in one buffer, large
/// bodies are kept as they came; gather() offers everything to one writev. Two halves: one fills
/// while the other is being written. Not thread-safe.
class OutputQueue
{
public:
    /// Appends a frame and gives its size; 0 (and nothing appended) if it would exceed
    /// `frameBytesMax`.
    [[nodiscard]] std::size_t append(RemotingCommand command, HeaderEncoding encoding,
                                     std::size_t frameBytesMax);

    [[nodiscard]] bool isEmpty() const { return m_bytes == 0; }
    [[nodiscard]] std::size_t bytes() const { return m_bytes; }

    /// Fills `pieces` with what comes next; gives their number. Valid until append(), consume() or
    /// trim().
    [[nodiscard]] std::size_t gather(std::span<iovec> pieces);
    /// The first `count` bytes were written.
    void consume(std::size_t count);
    /// Gives large buffers back when empty; all of them if `hard`.
    void trim(bool hard);
    void clear();

private:
    struct LargeBody
    {
        std::size_t at; ///< comes after so many of Half::bytes
        std::string body;
    };
    struct Half
    {
        std::string bytes;
        std::vector<LargeBody> large;
    };
    /// Piece 2i is the part of `bytes` before large body i, piece 2i+1 is that body.
    [[nodiscard]] std::string_view piece(std::size_t index) const;
    [[nodiscard]] std::size_t pieceCount() const { return 2 * m_writing.large.size() + 1; }

    Half m_filling;
    Half m_writing;
    std::size_t m_piece = 0;       // the first unwritten one of m_writing
    std::size_t m_pieceOffset = 0; // written bytes of it
    std::size_t m_bytes = 0;
};

} // namespace gantry
