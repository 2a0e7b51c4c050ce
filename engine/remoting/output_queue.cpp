// SPDX-License-Identifier: Apache-2.0
#include "remoting/output_queue.h"

#include "base/assert.h"

#include <utility>

namespace gantry {

namespace {
// Below this a copy is cheaper than one more piece for the kernel to look at.
constexpr std::size_t kCopiedBodyBytesMax = 8 * 1024;
constexpr std::size_t kKeptBytesMax = 256 * 1024;
constexpr std::size_t kLengthFieldBytes = 4;
} // namespace

std::size_t OutputQueue::append(RemotingCommand command, HeaderEncoding encoding,
                                std::size_t frameBytesMax)
{
    auto& bytes = m_filling.bytes;
    const auto start = bytes.size();
    if (command.body.size() > frameBytesMax) {
        return 0;
    }
    encodeFrameHead(command, encoding, 0, bytes);
    const auto frameBytes = bytes.size() - start + command.body.size();
    if (frameBytes - kLengthFieldBytes > frameBytesMax) {
        bytes.resize(start);
        return 0;
    }
    if (command.body.size() <= kCopiedBodyBytesMax) {
        bytes += command.body;
    } else {
        m_filling.large.push_back({bytes.size(), std::move(command.body)});
    }
    m_bytes += frameBytes;
    return frameBytes;
}

std::string_view OutputQueue::piece(std::size_t index) const
{
    const auto& large = m_writing.large;
    const auto body = index / 2;
    if (index % 2 == 1) {
        return large[body].body;
    }
    const auto begin = body == 0 ? 0 : large[body - 1].at;
    const auto end = body == large.size() ? m_writing.bytes.size() : large[body].at;
    return std::string_view(m_writing.bytes).substr(begin, end - begin);
}

std::size_t OutputQueue::gather(std::span<iovec> pieces)
{
    if (m_writing.bytes.empty() && m_writing.large.empty()) {
        std::swap(m_writing, m_filling);
    }
    std::size_t count = 0;
    auto offset = m_pieceOffset;
    for (auto index = m_piece; index < pieceCount() && count < pieces.size(); ++index) {
        const auto rest = piece(index).substr(offset);
        offset = 0;
        if (!rest.empty()) {
            pieces[count++] = {const_cast<char*>(rest.data()), rest.size()};
        }
    }
    return count;
}

void OutputQueue::consume(std::size_t count)
{
    GANTRY_ASSERT(count <= m_bytes, "{} of {}", count, m_bytes);
    m_bytes -= count;
    while (m_piece < pieceCount()) {
        const auto rest = piece(m_piece).size() - m_pieceOffset;
        if (count < rest) {
            m_pieceOffset += count;
            return;
        }
        count -= rest;
        if (m_piece % 2 == 1) {
            std::string().swap(
                m_writing.large[m_piece / 2]
                    .body); // written: do not hold megabytes for the rest of the batch
        }
        ++m_piece;
        m_pieceOffset = 0;
    }
    m_writing.bytes.clear();
    m_writing.large.clear();
    m_piece = 0;
}

void OutputQueue::trim(bool hard)
{
    if (m_bytes != 0) {
        return;
    }
    for (auto* half : {&m_filling, &m_writing}) {
        if (hard || half->bytes.capacity() > kKeptBytesMax) {
            std::string().swap(half->bytes);
        }
        if (hard) {
            std::vector<LargeBody>().swap(half->large);
        }
    }
}

void OutputQueue::clear()
{
    for (auto* half : {&m_filling, &m_writing}) {
        std::string().swap(half->bytes);
        std::vector<LargeBody>().swap(half->large);
    }
    m_piece = 0;
    m_pieceOffset = 0;
    m_bytes = 0;
}

} // namespace gantry
