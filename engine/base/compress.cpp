// SPDX-License-Identifier: Apache-2.0
#include "base/compress.h"

#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <memory>

namespace gantry {

namespace {

constexpr std::size_t kChunk = 64 * 1024;

tl::unexpected<Error> tooLarge(std::size_t sizeMax)
{
    return fail(Errc::LimitExceeded, "decompressed data exceeds {} bytes", sizeMax);
}

Result<std::string> inflateZlib(std::string_view input, std::size_t sizeMax)
{
    z_stream stream{};
    if (inflateInit(&stream) != Z_OK) {
        return fail(Errc::Internal, "zlib cannot start");
    }
    const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, inflateEnd);
    // zlib's interface predates const; it does not write to its input.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream.avail_in = static_cast<uInt>(input.size());
    std::string output;
    std::array<char, kChunk> chunk{};
    int status = Z_OK;
    while (status != Z_STREAM_END) {
        stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
        stream.avail_out = static_cast<uInt>(chunk.size());
        status = inflate(&stream, Z_NO_FLUSH);
        if (status != Z_OK && status != Z_STREAM_END) {
            return fail(Errc::Corruption, "zlib data is damaged or cut short");
        }
        output.append(chunk.data(), chunk.size() - stream.avail_out);
        if (output.size() > sizeMax) {
            return tooLarge(sizeMax);
        }
    }
    return output;
}

Result<std::string> decodeLz4(std::string_view input, std::size_t sizeMax)
{
    LZ4F_dctx* context = nullptr;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)) != 0U) {
        return fail(Errc::Internal, "LZ4 cannot start");
    }
    const std::unique_ptr<LZ4F_dctx, std::size_t (*)(LZ4F_dctx*)> guard(context, LZ4F_freeDecompressionContext);
    std::string output;
    std::array<char, kChunk> chunk{};
    std::size_t hint = 1;
    while (hint != 0) {
        std::size_t produced = chunk.size();
        std::size_t consumed = input.size();
        hint = LZ4F_decompress(context, chunk.data(), &produced, input.data(), &consumed, nullptr);
        if (LZ4F_isError(hint) != 0U || (consumed == 0 && produced == 0 && hint != 0)) {
            return fail(Errc::Corruption, "LZ4 data is damaged or cut short");
        }
        input.remove_prefix(consumed);
        output.append(chunk.data(), produced);
        if (output.size() > sizeMax) {
            return tooLarge(sizeMax);
        }
    }
    return output;
}

Result<std::string> decodeZstd(std::string_view input, std::size_t sizeMax)
{
    const std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream(ZSTD_createDStream(), ZSTD_freeDStream);
    ZSTD_inBuffer source{input.data(), input.size(), 0};
    std::string output;
    std::array<char, kChunk> chunk{};
    std::size_t status = 1;
    while (status != 0) {
        ZSTD_outBuffer target{chunk.data(), chunk.size(), 0};
        const std::size_t before = source.pos;
        status = ZSTD_decompressStream(stream.get(), &target, &source);
        if (ZSTD_isError(status) != 0U || (status != 0 && target.pos == 0 && source.pos == before)) {
            return fail(Errc::Corruption, "Zstandard data is damaged or cut short");
        }
        output.append(chunk.data(), target.pos);
        if (output.size() > sizeMax) {
            return tooLarge(sizeMax);
        }
    }
    return output;
}

} // namespace

Result<std::string> compress(std::string_view input, CompressionType type, int level)
{
    std::string output;
    switch (type) {
    case CompressionType::Zlib: {
        uLongf size = compressBound(static_cast<uLong>(input.size()));
        output.resize(size);
        if (compress2(reinterpret_cast<Bytef*>(output.data()), &size, reinterpret_cast<const Bytef*>(input.data()),
                      static_cast<uLong>(input.size()), std::clamp(level, 1, 9)) != Z_OK) {
            return fail(Errc::Internal, "zlib cannot compress {} bytes", input.size());
        }
        output.resize(size);
        return output;
    }
    case CompressionType::Lz4Frame: {
        output.resize(LZ4F_compressFrameBound(input.size(), nullptr));
        const std::size_t size = LZ4F_compressFrame(output.data(), output.size(), input.data(), input.size(), nullptr);
        if (LZ4F_isError(size) != 0U) {
            return fail(Errc::Internal, "LZ4 cannot compress {} bytes", input.size());
        }
        output.resize(size);
        return output;
    }
    case CompressionType::Zstd: {
        output.resize(ZSTD_compressBound(input.size()));
        const std::size_t size = ZSTD_compress(output.data(), output.size(), input.data(), input.size(), level);
        if (ZSTD_isError(size) != 0U) {
            return fail(Errc::Internal, "Zstandard cannot compress {} bytes", input.size());
        }
        output.resize(size);
        return output;
    }
    }
    return fail(Errc::Unsupported, "unknown compression type");
}

Result<std::string> decompress(std::string_view input, CompressionType type, std::size_t sizeMax)
{
    switch (type) {
    case CompressionType::Zlib: return inflateZlib(input, sizeMax);
    case CompressionType::Lz4Frame: return decodeLz4(input, sizeMax);
    case CompressionType::Zstd: return decodeZstd(input, sizeMax);
    }
    return fail(Errc::Unsupported, "unknown compression type");
}

} // namespace gantry
