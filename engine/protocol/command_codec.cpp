// SPDX-License-Identifier: Apache-2.0
#include "protocol/command_codec.h"

#include "base/byte_cursor.h"
#include "base/limits.h"
#include "protocol/binary_header.h"
#include "protocol/json_header.h"

#include <algorithm>
#include <cstring>

namespace gantry {

namespace {

constexpr std::size_t kWord = sizeof(std::int32_t);
constexpr std::uint32_t kHeaderSizeMask = 0x00FF'FFFF;
/// A buffer above this size is given back when it is empty, so that idle connections cost little.
constexpr std::size_t kKeptBufferBytes = 256 * kKiB;

} // namespace

void encodeFrameHead(const RemotingCommand& command, HeaderEncoding encoding, std::size_t extraBodyBytes,
    std::string& out)
{
    const std::size_t start = out.size();
    out.append(2 * kWord, '\0');
    if (encoding == HeaderEncoding::Binary && !writeBinaryHeader(command, out)) {
        encoding = HeaderEncoding::Json;
    }
    if (encoding == HeaderEncoding::Json) {
        writeJsonHeader(command, out);
    }
    const std::size_t headerSize = out.size() - start - 2 * kWord;
    const std::size_t frameSize = kWord + headerSize + command.body.size() + extraBodyBytes;
    ByteWriter writer(out);
    writer.patch(start, static_cast<std::uint32_t>(frameSize));
    writer.patch(start + kWord, (std::uint32_t{static_cast<std::uint8_t>(encoding)} << 24) |
                                    (static_cast<std::uint32_t>(headerSize) & kHeaderSizeMask));
}

std::string encodeFrame(const RemotingCommand& command, HeaderEncoding encoding)
{
    std::string out;
    out.reserve(512 + command.body.size());
    encodeFrameHead(command, encoding, 0, out);
    out.append(command.body);
    return out;
}

Result<DecodedCommand> decodeCommand(ByteView frameWithoutLength)
{
    if (frameWithoutLength.size() < kWord) {
        return fail(Errc::Protocol, "a frame of {} bytes has no room for a header", frameWithoutLength.size());
    }
    const auto word = loadBig<std::uint32_t>(frameWithoutLength.data());
    const std::size_t headerSize = word & kHeaderSizeMask;
    const std::uint32_t form = word >> 24;
    if (headerSize > frameWithoutLength.size() - kWord) {
        return fail(Errc::Protocol, "the header claims {} bytes, the frame has {}", headerSize,
            frameWithoutLength.size() - kWord);
    }
    if (headerSize > limits::kHeaderBytesMax) {
        return fail(Errc::Protocol, "the header has {} bytes; at most {} are accepted", headerSize,
            limits::kHeaderBytesMax);
    }
    const ByteView header = frameWithoutLength.subspan(kWord, headerSize);
    if (form > static_cast<std::uint32_t>(HeaderEncoding::Binary)) {
        return fail(Errc::Protocol, "the header's form {} is unknown (0 is JSON, 1 is binary)", form);
    }
    const auto encoding = static_cast<HeaderEncoding>(form);
    auto command = encoding == HeaderEncoding::Json ? readJsonHeader(asText(header)) : readBinaryHeader(header);
    if (!command) {
        return tl::unexpected<Error>(std::move(command.error()));
    }
    command->body = asText(frameWithoutLength.subspan(kWord + headerSize));
    return DecodedCommand{std::move(*command), encoding};
}

FrameDecoder::FrameDecoder(std::size_t frameBytesMax)
    : m_frameBytesMax(frameBytesMax)
{}

MutableByteView FrameDecoder::prepare(std::size_t sizeHint)
{
    if (m_begin == m_end) {
        m_begin = 0;
        m_end = 0;
        if (m_buffer.size() > kKeptBufferBytes) {
            m_buffer = std::string();
        }
    }
    if (m_buffer.size() - m_end < sizeHint) {
        if (m_begin > 0) {
            std::memmove(m_buffer.data(), m_buffer.data() + m_begin, m_end - m_begin);
            m_end -= m_begin;
            m_begin = 0;
        }
        std::size_t wanted = m_end + sizeHint;
        if (m_end >= kWord) {
            // The size of the frame is known, but only claimed: grow towards it as fast as bytes really come.
            const std::size_t frame = loadBig<std::uint32_t>(asBytes(m_buffer).data());
            if (frame <= m_frameBytesMax) {
                wanted = std::max(wanted, std::min(frame + kWord, 4 * m_end));
            }
        }
        if (m_buffer.size() < wanted) {
            m_buffer.resize(wanted);
        }
    }
    return std::as_writable_bytes(std::span(m_buffer.data() + m_end, m_buffer.size() - m_end));
}

void FrameDecoder::commit(std::size_t count)
{
    m_end += std::min(count, m_buffer.size() - m_end);
}

Result<std::optional<ByteView>> FrameDecoder::next()
{
    if (buffered() < kWord) {
        return std::optional<ByteView>{};
    }
    const ByteView held = asBytes(m_buffer).subspan(m_begin, buffered());
    const auto length = loadBig<std::int32_t>(held.data());
    if (length < static_cast<std::int32_t>(kWord) || static_cast<std::size_t>(length) > m_frameBytesMax) {
        return fail(Errc::Protocol, "a frame claims a length of {} bytes; possible are {} to {}", length, kWord,
            m_frameBytesMax);
    }
    const auto size = static_cast<std::size_t>(length);
    if (held.size() - kWord < size) {
        return std::optional<ByteView>{};
    }
    m_begin += kWord + size;
    return std::optional<ByteView>(held.subspan(kWord, size));
}

} // namespace gantry
