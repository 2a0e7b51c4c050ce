// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/byte_view.h"
#include "base/error.h"
#include "protocol/command.h"

#include <optional>
#include <string>

/// Frames and commands, without any I/O. Format: remoting protocol, "Frame": i32 length, then a word whose top byte
/// names the header's serialization and whose low 24 bits are its length, header, body.
namespace gantry {

/// Appends the frame's head (length word, header) for a command to `out`, without the body, so that the body can be
/// written from where it lies. `command.body.size() + extraBodyBytes` goes into the length.
void encodeFrameHead(const RemotingCommand& command, HeaderEncoding encoding, std::size_t extraBodyBytes,
    std::string& out);
/// Head and body.
[[nodiscard]] std::string encodeFrame(const RemotingCommand& command, HeaderEncoding encoding = HeaderEncoding::Json);

struct DecodedCommand
{
    RemotingCommand command;
    HeaderEncoding encoding = HeaderEncoding::Json;
};

/// Decodes what follows the length field of one whole frame. Both header forms. Errors: Errc::Protocol.
[[nodiscard]] Result<DecodedCommand> decodeCommand(ByteView frameWithoutLength);

/// Cuts a byte stream into frames. Append what was read, then take frames until there is none. After an error the
/// stream is unusable (close the connection). Not thread-safe. Keeps one buffer that grows up to the frame limit.
class FrameDecoder
{
public:
    explicit FrameDecoder(std::size_t frameBytesMax);

    /// Where to read into: at least `sizeHint` writable bytes; call commit() with how many were filled.
    [[nodiscard]] MutableByteView prepare(std::size_t sizeHint);
    void commit(std::size_t count);

    /// The next whole frame without its length field, valid until the next prepare(); nothing if more bytes are
    /// needed; an error if the length field is impossible (negative, below 4, above the limit).
    [[nodiscard]] Result<std::optional<ByteView>> next();
    /// Bytes of an unfinished frame that are held.
    [[nodiscard]] std::size_t buffered() const { return m_end - m_begin; }

private:
    std::string m_buffer;
    std::size_t m_begin = 0;
    std::size_t m_end = 0;
    std::size_t m_frameBytesMax;
};

} // namespace gantry
