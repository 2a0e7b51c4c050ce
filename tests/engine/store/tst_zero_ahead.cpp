// SPDX-License-Identifier: GPL-3.0-or-later
// Zeros written ahead of the log: there, on the disk, and never over a record.
#include "base/posix_file_system.h"
#include "base/posix_zero_writer.h"
#include "store/zero_ahead.h"
#include "support/memory_file_system.h"

#include <QTemporaryDir>
#include <QTest>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <string>

using namespace gantry;

namespace {

constexpr std::int64_t kFileSize = 1024 * 1024;
constexpr std::int64_t kWindow = 128 * 4096; // pieces of one page, so that writer and zeros meet all the time
const std::filesystem::path kDirectory = "/log";

/// Files of a log, and somebody who writes them from begin to end as the CommitLog does.
struct Log
{
    explicit Log(int fileCount)
    {
        files.setZeroWriter(true);
        (void)files.createDirectories(kDirectory);
        for (int i = 0; i < fileCount; ++i) {
            auto file = std::make_shared<MappedFile>(segments.pathOf(i * kFileSize), i * kFileSize, kFileSize);
            opened = opened && file->openForWriting(files).has_value();
            segments.add(file);
        }
    }
    void write(std::int64_t begin, std::int64_t end, ZeroAhead& zeros)
    {
        const MappedFilePtr file = segments.find(begin);
        const std::string bytes(static_cast<std::size_t>(end - begin), 'x');
        const std::array<ByteView, 1> parts{asBytes(bytes)};
        zeros.reserve(end);
        opened = opened && file->write(begin - file->fromOffset(), parts).has_value();
    }

    MemoryFileSystem files;
    FileCache cache{files, 8};
    MappedFileQueue segments{files, cache, kDirectory, kFileSize};
    StoreHealth health;
    bool opened = true;
};

} // namespace

class TstZeroAhead : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void nothingBeforeTheFirstWrite();
    void keepsItsDistance();
    void neverOverWhatWasWritten();
    void leavesLargeSyncsAlone();
    void stopsWhereTheDiskFails();
    void zerosAreOnTheDisk();
    void interruptedAndShortCalls();
};

void TstZeroAhead::nothingBeforeTheFirstWrite()
{
    Log log(1);
    ZeroAhead zeros(log.segments, log.health, kWindow, true);
    zeros.start(0);
    QVERIFY(!zeros.step());
    log.write(0, 100, zeros);
    QVERIFY(zeros.step());
}

void TstZeroAhead::keepsItsDistance()
{
    Log log(1);
    ZeroAhead zeros(log.segments, log.health, kWindow, true);
    zeros.start(0);
    log.files.put(kDirectory / "00000000000000000000", std::string(kFileSize, '?')); // so that zeros can be seen
    zeros.reserve(1);
    while (zeros.step()) {
    }
    const std::string content = log.files.content(kDirectory / "00000000000000000000");
    const std::size_t first = content.find('\0');
    const std::size_t last = content.rfind('\0');
    QVERIFY(first != std::string::npos);
    QVERIFY(first > 4096);
    QCOMPARE(first % 4096, 0U);
    QVERIFY(static_cast<std::int64_t>(last) < kWindow + 2 * 4096);
    QCOMPARE(std::count(content.begin() + static_cast<std::ptrdiff_t>(first), content.begin() + static_cast<std::ptrdiff_t>(last) + 1, '\0'),
             static_cast<std::ptrdiff_t>(last - first + 1));
}

void TstZeroAhead::neverOverWhatWasWritten()
{
    constexpr int kFileCount = 16;
    Log log(kFileCount);
    {
        ZeroAhead zeros(log.segments, log.health, kWindow, false);
        zeros.start(0);
        std::mt19937 random(7);
        for (std::int64_t at = 0; at < kFileCount * kFileSize;) {
            const std::int64_t fileEnd = (at / kFileSize + 1) * kFileSize;
            const std::int64_t end = std::min<std::int64_t>(fileEnd, at + 1 + random() % (random() % 16 == 0 ? 100'000 : 3'000));
            log.write(at, end, zeros);
            at = end;
        }
    }
    QVERIFY(log.opened);
    for (const auto& path : log.files.files()) {
        const std::string content = log.files.content(path);
        QCOMPARE(content.find_first_not_of('x'), std::string::npos);
    }
    QVERIFY(log.files.callCount(MemoryFileSystem::Call::Open) > kFileCount); // it did take part
}

void TstZeroAhead::leavesLargeSyncsAlone()
{
    Log log(1);
    ZeroAhead zeros(log.segments, log.health, kWindow, true);
    zeros.start(0);
    for (int i = 0; i < 50; ++i) {
        zeros.noteSync(600'000);
    }
    log.write(0, 100, zeros);
    QVERIFY(!zeros.step());
    for (int i = 0; i < 50; ++i) {
        zeros.noteSync(2'000);
    }
    QVERIFY(zeros.step());
}

void TstZeroAhead::stopsWhereTheDiskFails()
{
    Log log(2);
    ZeroAhead zeros(log.segments, log.health, kWindow, true);
    zeros.start(0);
    log.write(0, 100, zeros);
    log.files.failCall(MemoryFileSystem::Call::Write, 1, EIO);
    QVERIFY(zeros.step());
    QVERIFY(!zeros.step()); // no more in this file
    QVERIFY(!log.health.isPoisoned());
    log.write(kFileSize, kFileSize + 100, zeros);
    QVERIFY(zeros.step());
}

void TstZeroAhead::zerosAreOnTheDisk()
{
    QTemporaryDir directory(QDir::currentPath() + "/zero-XXXXXX");
    const std::filesystem::path path = directory.filePath("file").toStdString();
    auto file = PosixFileSystem::instance().open(path, OpenMode::Create);
    QVERIFY(file);
    QVERIFY((*file)->allocate(0, kFileSize));
    auto zeros = PosixFileSystem::instance().zeroWriter(path);
    if (!zeros && zeros.error().code == Errc::Unsupported) {
        QSKIP(zeros.error().message.c_str());
    }
    QVERIFY(zeros);
    QVERIFY((*zeros)->write(256 * 1024, 512 * 1024));
    QVERIFY((*file)->syncData());
    QCOMPARE((*file)->nextData(0).value(), 256U * 1024);
    std::string bytes(kFileSize, '?');
    QCOMPARE((*file)->readAt(0, std::as_writable_bytes(std::span(bytes.data(), bytes.size()))).value(), bytes.size());
    QVERIFY(bytes == std::string(kFileSize, '\0'));
}

void TstZeroAhead::interruptedAndShortCalls()
{
    static int calls = 0;
    PosixCalls bad = PosixCalls::system();
    bad.pwritev = [](int file, const iovec* parts, int count, off_t at) {
        if (++calls % 2 == 1) {
            errno = EINTR;
            return ssize_t{-1};
        }
        const iovec some{parts->iov_base, 4096};
        return ::pwritev(file, count > 0 ? &some : parts, 1, at);
    };
    QTemporaryDir directory(QDir::currentPath() + "/zero-XXXXXX");
    const std::filesystem::path path = directory.filePath("file").toStdString();
    auto file = PosixFileSystem::instance().open(path, OpenMode::Create);
    QVERIFY(file);
    const std::string before(64 * 1024, '?');
    QVERIFY((*file)->writeAt(0, asBytes(before)));
    QVERIFY((*file)->syncData());
    auto zeros = openZeroWriter(bad, path);
    if (!zeros && zeros.error().code == Errc::Unsupported) {
        QSKIP(zeros.error().message.c_str());
    }
    QVERIFY(zeros);
    QVERIFY((*zeros)->write(4096, 40 * 1024));
    QCOMPARE(calls, 20); // ten pages, each asked for twice
    std::string bytes(before.size(), '!');
    QCOMPARE((*file)->readAt(0, std::as_writable_bytes(std::span(bytes.data(), bytes.size()))).value(), bytes.size());
    QVERIFY(bytes == std::string(4096, '?') + std::string(40 * 1024, '\0') + std::string(20 * 1024, '?'));
}

QTEST_GUILESS_MAIN(TstZeroAhead)
#include "tst_zero_ahead.moc"
