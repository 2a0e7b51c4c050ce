// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "message/record_codec.h"
#include "store/mapped_file_queue.h"

#include <string>

namespace gantry {

/// Topic and properties have no checksum. Where a sector of them never reached the disk there are zeros, which neither
/// has otherwise. The view must be of a whole record that says where it lies.
[[nodiscard]] bool hasTornText(const RecordView& record);

/// Walks the CommitLog's files record by record, through a buffer; knows how to find the next good
/// record behind a bad one. Views stay valid until the next call. One thread.
class RecordScanner
{
public:
    enum class Kind {
        Record,
        Blank,   ///< the file ends here
        Damaged, ///< nothing good at this place; perhaps nothing at all
        NoFile,  ///< no file holds the offset
    };
    struct Item
    {
        Kind kind = Kind::NoFile;
        RecordView record;      ///< for Record, and for Damaged with hasHeader
        bool hasHeader = false; ///< Damaged: only the body fails its checksum, the rest adds up
    };

    /// `chunk`: bytes read at once. `mappedWindow`: records that begin at most so far before the limit are looked at
    /// where the writer's mapping has them; only they are sure to be in memory, where no disk error can hide.
    RecordScanner(const MappedFileQueue& segments, bool checkBodyCrc, std::size_t chunk,
                  std::int64_t mappedWindow = 0)
        : m_segments(segments)
        , m_checkBodyCrc(checkBodyCrc)
        , m_chunk(chunk)
        , m_mappedWindow(mappedWindow)
    {}

    /// What lies at the offset; bytes at or behind `limit` are not looked at.
    Result<Item> at(std::int64_t offset, std::int64_t limit);
    /// The first offset in [from, to) where a whole, good record begins; -1 if there is none. Bytes
    /// at or behind `limit` are not looked at.
    Result<std::int64_t> findRecord(std::int64_t from, std::int64_t to, std::int64_t limit);
    /// Behind the last byte of [from, end of its file) that is not zero; `from` if all are zero.
    Result<std::int64_t> nonZeroEnd(std::int64_t from);
    /// Whether the next `length` bytes of the file hold only zeros.
    Result<bool> isZeroAt(std::int64_t from, std::size_t length = 4096);
    /// Forgets what was read, e.g. because it was overwritten.
    void reset()
    {
        m_bytes.clear();
        m_file.reset();
        m_region.reset();
    }

private:
    Result<Item> look(std::int64_t offset, std::int64_t limit);
    const MappedFile* fileAt(std::int64_t offset);
    Result<ByteView> viewAt(std::int64_t offset, std::size_t wanted, std::int64_t limit);
    Result<ByteView> bytesAt(std::int64_t offset, std::size_t wanted, std::int64_t limit);
    Result<std::int64_t> findInFile(const MappedFile& file, std::int64_t from, std::int64_t to,
                                    std::int64_t limit);
    Result<bool> beginsWithZeros(const MappedFile& file);

    const MappedFileQueue& m_segments;
    const bool m_checkBodyCrc;
    const std::size_t m_chunk;
    const std::int64_t m_mappedWindow;
    MappedFilePtr m_file; // the last one asked for
    std::uint64_t m_generation = 0;
    std::shared_ptr<const MappedRegion> m_region; // of m_file
    std::int64_t m_bytesOffset = 0;
    std::string m_bytes;
};

} // namespace gantry
