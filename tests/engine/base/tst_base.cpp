// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/bus_error.h"
#include "base/byte_cursor.h"
#include "base/compress.h"
#include "base/crc32.h"
#include "base/hash.h"
#include "base/hex.h"
#include "base/histogram.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/posix_file_system.h"
#include "base/properties_file.h"
#include "base/unique_function.h"
#include "support/compare.h"

#include <nlohmann/json.hpp>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <QTemporaryDir>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <numeric>
#include <random>

using namespace gantry;

class TestBase : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readsProperties_data();
    void readsProperties();
    void refusesBadUnicodeEscapes();
    void formatsProperties();
    void quantilesMatchSorting();
    void histogramDifferences();
    void crcMatchesZlib();
    void hashVectors();
    void hexRoundTrip();
    void compressionRoundTrip_data();
    void compressionRoundTrip();
    void compressionStopsAtTheLimit_data();
    void compressionStopsAtTheLimit();
    void compressionRefusesDamage_data();
    void compressionRefusesDamage();
    void cursorsStopAtTheEnd();
    void filesReadWriteAndMap();
    void filesReplaceAtomically();
    void filesListAndRemove();
    void filesNameWhatFailed();
    void interruptedAndShortCallsGoOn();
    void failingCallsAreReported();
    void busErrorsAreExplained();
    void lockKeepsOtherProcessesOut();
    void jsonIsBounded();
    void uniqueFunctionOwnsMoveOnlyState();
};

void TestBase::readsProperties_data()
{
    QTest::addColumn<std::string>("text");
    QTest::addColumn<std::string>("value");
    const auto row = [](const char* name, std::string text, std::string value) { QTest::newRow(name) << text << value; };
    row("equals", "key=value\n", "value");
    row("colon", "key : value", "value");
    row("blank", "  key\tvalue\r\n", "value");
    row("comments", "# key=no\n! key=no\n\nkey=value\n#key=no", "value");
    row("later wins", "key=a\nkey=b", "b");
    row("continued", "key=one,\\\n   two,\\\r\n\tthree\nother=x", "one,two,three");
    row("escaped backslash at the end", "key=a\\\\\nother=b", "a\\");
    row("unicode", "key=\\u4e2d\\u00e9", "中é");
    row("escapes", "key=a\\tb\\=c\\:d", "a\tb=c:d");
    row("escaped key", "k\\u0065y=v", "v");
    row("no value", "key", "");
    row("empty value", "key=", "");
    row("equals in value", "key=a=b", "a=b");
    row("trailing blanks", "key=a  \n", "a");
    row("path", "key = /data/store:/other", "/data/store:/other");
}

void TestBase::readsProperties()
{
    QFETCH(std::string, text);
    QFETCH(std::string, value);
    const auto table = parseProperties(text);
    QVERIFY2(table, table ? "" : table.error().message.c_str());
    QVERIFY(table->contains("key"));
    QCOMPARE(table->at("key"), value);
}

void TestBase::refusesBadUnicodeEscapes()
{
    for (const char* text : {"a=1\nkey=\\u12g4", "a=1\nkey=\\u12", "a=1\nkey=\\u"}) {
        const auto table = parseProperties(text);
        QVERIFY(!table);
        QVERIFY(table.error().message.find("line 2") != std::string::npos);
    }
}

void TestBase::formatsProperties()
{
    const PropertyTable table{{"a", "1"}, {"b", "two words"}};
    QCOMPARE(formatProperties(table), std::string("a=1\nb=two words\n"));
    const PropertyTable odd{{"a", "c:\\store\\"}, {"b", " \t\n\r\fx=y"}, {"c", "#"}};
    QVERIFY(parseProperties(formatProperties(odd)) == odd);
    QVERIFY(*parseProperties(formatProperties(table)) == table);
}

void TestBase::quantilesMatchSorting()
{
    std::mt19937_64 random(11);
    for (const double spread : {1.0, 6.0, 20.0}) {
        LatencyHistogram histogram;
        std::vector<std::uint64_t> values;
        std::lognormal_distribution<double> distribution(spread, 1.5);
        for (int i = 0; i < 20000; ++i) {
            values.push_back(static_cast<std::uint64_t>(distribution(random)));
            histogram.record(values.back());
        }
        std::sort(values.begin(), values.end());
        const HistogramSnapshot snapshot = histogram.snapshot();
        QCOMPARE(snapshot.count, std::uint64_t{values.size()});
        QCOMPARE(snapshot.max, values.back());
        QCOMPARE(snapshot.sum, std::accumulate(values.begin(), values.end(), std::uint64_t{0}));
        for (const double fraction : {0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
            const auto rank = std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(fraction * static_cast<double>(values.size()))));
            const auto exact = static_cast<double>(values[rank - 1]);
            const auto shown = static_cast<double>(snapshot.quantile(fraction));
            QVERIFY2(shown >= exact && shown <= exact * 1.04 + 1, std::to_string(fraction).c_str());
        }
    }
    QCOMPARE(HistogramSnapshot{}.quantile(0.5), std::uint64_t{0});
    for (std::size_t bucket = 1; bucket < LatencyHistogram::kBucketCount; ++bucket) {
        const std::uint64_t bound = LatencyHistogram::upperBound(bucket);
        QCOMPARE(LatencyHistogram::bucketOf(bound), bucket);
        QCOMPARE(LatencyHistogram::bucketOf(LatencyHistogram::upperBound(bucket - 1) + 1), bucket);
    }
}

void TestBase::histogramDifferences()
{
    LatencyHistogram histogram;
    histogram.record(10);
    const HistogramSnapshot before = histogram.snapshot();
    histogram.record(1000);
    histogram.record(2000);
    const HistogramSnapshot between = histogram.snapshot().since(before);
    QCOMPARE(between.count, std::uint64_t{2});
    QCOMPARE(between.sum, std::uint64_t{3000});
    QVERIFY(between.quantile(0.01) >= 1000);
    HistogramSnapshot sum = before;
    sum.merge(between);
    QCOMPARE(sum.count, std::uint64_t{3});
    QCOMPARE(sum.quantile(1.0), histogram.snapshot().quantile(1.0));
}

void TestBase::crcMatchesZlib()
{
    std::mt19937 random(3);
    for (std::size_t size = 0; size < 600; ++size) {
        std::string bytes(size, '\0');
        for (char& c : bytes) {
            c = static_cast<char>(random());
        }
        const auto expected =
            static_cast<std::uint32_t>(::crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(size)));
        QCOMPARE(gantry::crc32(asBytes(bytes)), expected);
        const std::size_t half = size / 3;
        QCOMPARE(gantry::crc32(asBytes(bytes).subspan(half), gantry::crc32(asBytes(bytes).first(half))), expected);
        QCOMPARE(storedCrc32(asBytes(bytes)), static_cast<std::int32_t>(expected & 0x7FFFFFFFU));
    }
    QCOMPARE(gantry::crc32(asBytes("123456789")), 0xCBF43926U);
}

void TestBase::hashVectors()
{
    std::string text;
    std::uint32_t expected = 0;
    for (std::size_t i = 0; i < 50; ++i) { // of any length, also where several bytes are taken at once
        QCOMPARE(javaHashCode(text), static_cast<std::int32_t>(expected));
        text += static_cast<char>('0' + i);
        expected = expected * 31 + '0' + static_cast<std::uint32_t>(i);
    }
    QCOMPARE(javaHashCode("TagA"), 2598919);
    QCOMPARE(javaHashCode("标签"), 857175);
    QCOMPARE(javaHashCode("a-very-long-tag-name-that-overflows"), -784923820);
    QCOMPARE(javaHashCode("😀"), 0xD83D * 31 + 0xDE00);
    QCOMPARE(javaHashCode("\xFF"), 0xFFFD);
    QCOMPARE(fingerprint128("").size(), std::size_t{32});
    QCOMPARE(fingerprint128(""), std::string("99aa06d3014798d86001c324468d497f"));
    QVERIFY(fingerprint128("a") != fingerprint128("b"));
}

void TestBase::hexRoundTrip()
{
    std::string all;
    for (int i = 0; i < 256; ++i) {
        all.push_back(static_cast<char>(i));
    }
    QCOMPARE(*fromHex(toHex(asBytes(all))), all);
    QCOMPARE(*fromHex("0aFf"), std::string("\x0A\xFF"));
    QVERIFY(!fromHex("abc"));
    QVERIFY(!fromHex("zz"));
    QVERIFY(fromHex("")->empty());
}

namespace {

void compressionRows()
{
    QTest::addColumn<int>("type");
    QTest::newRow("zlib") << static_cast<int>(CompressionType::Zlib);
    QTest::newRow("lz4") << static_cast<int>(CompressionType::Lz4Frame);
    QTest::newRow("zstd") << static_cast<int>(CompressionType::Zstd);
}

} // namespace

void TestBase::compressionRoundTrip_data()
{
    compressionRows();
}

void TestBase::compressionRoundTrip()
{
    QFETCH(int, type);
    std::mt19937 random(5);
    for (const std::size_t size : {0UL, 1UL, 100UL, 4096UL, 300'000UL}) {
        std::string plain(size, '\0');
        for (char& c : plain) {
            c = static_cast<char>(random() % 7);
        }
        const auto packed = compress(plain, static_cast<CompressionType>(type), 5);
        QVERIFY(packed);
        const auto again = decompress(*packed, static_cast<CompressionType>(type), size);
        QVERIFY2(again, again ? "" : again.error().message.c_str());
        QCOMPARE(*again, plain);
    }
}

void TestBase::compressionStopsAtTheLimit_data()
{
    compressionRows();
}

void TestBase::compressionStopsAtTheLimit()
{
    QFETCH(int, type);
    const auto bomb = compress(std::string(20'000'000, '\0'), static_cast<CompressionType>(type), 5);
    QVERIFY(bomb);
    const auto plain = decompress(*bomb, static_cast<CompressionType>(type), 1'000'000);
    QVERIFY(!plain);
    QCOMPARE(plain.error().code, Errc::LimitExceeded);
}

void TestBase::compressionRefusesDamage_data()
{
    compressionRows();
}

void TestBase::compressionRefusesDamage()
{
    QFETCH(int, type);
    const auto kind = static_cast<CompressionType>(type);
    const auto packed = compress(std::string(5000, 'x') + "tail", kind, 5);
    QVERIFY(packed);
    for (std::size_t size = 0; size < packed->size(); ++size) {
        QVERIFY2(!decompress(std::string_view(*packed).substr(0, size), kind, 100'000), std::to_string(size).c_str());
    }
    QVERIFY(!decompress("garbage that is no stream", kind, 100'000));
}

void TestBase::cursorsStopAtTheEnd()
{
    std::string text;
    ByteWriter writer(text);
    writer.write<std::int16_t>(-2);
    writer.write<std::uint32_t>(0xDEADBEEF);
    writer.write<std::int64_t>(-3);
    writer.writeText("abc");
    writer.patch<std::int16_t>(0, 7);
    QCOMPARE(toHex(asBytes(text)), std::string("0007DEADBEEFFFFFFFFFFFFFFFFD616263"));
    ByteReader reader(asBytes(text));
    QCOMPARE(reader.read<std::int16_t>(), std::int16_t{7});
    QCOMPARE(reader.read<std::uint32_t>(), 0xDEADBEEFU);
    QCOMPARE(reader.read<std::int64_t>(), std::int64_t{-3});
    QCOMPARE(reader.readText(3), std::string_view("abc"));
    QVERIFY(!reader.failed());
    QCOMPARE(reader.read<std::int8_t>(), std::int8_t{0});
    QVERIFY(reader.failed());
    QCOMPARE(reader.remaining(), std::size_t{0});
    ByteReader huge(asBytes(text));
    QVERIFY(huge.readBytes(static_cast<std::size_t>(-1)).empty());
    QVERIFY(huge.failed());
}

void TestBase::filesReadWriteAndMap()
{
    const QTemporaryDir dir;
    PosixFileSystem& files = PosixFileSystem::instance();
    const std::filesystem::path path = dir.path().toStdString() + "/file";
    QVERIFY(!files.open(path, OpenMode::ReadOnly));
    auto file = files.open(path, OpenMode::Create);
    QVERIFY(file);
    QVERIFY((*file)->allocate(0, 8192));
    QCOMPARE((*file)->size().value(), std::uint64_t{8192});
    QVERIFY((*file)->writeAt(100, asBytes("hello")));
    auto region = (*file)->map(0, 8192, MapAccess::ReadWrite);
    QVERIFY(region);
    QCOMPARE(asText(ByteView((*region)->data() + 100, 5)), std::string_view("hello"));
    (*region)->data()[8191] = std::byte{'z'};
    (*region)->release(0, 4096);
    QVERIFY((*file)->syncData());
    file->reset();
    QCOMPARE(asText(ByteView((*region)->data() + 100, 5)), std::string_view("hello")); // outlives the file
    region->reset();
    auto again = files.open(path, OpenMode::ReadOnly);
    QVERIFY(again);
    std::array<std::byte, 10> bytes{};
    QCOMPARE((*again)->readAt(8190, bytes).value(), std::size_t{2});
    QCOMPARE(bytes[1], std::byte{'z'});
    QVERIFY(!(*again)->writeAt(0, asBytes("x")));
    const auto space = files.space(path.parent_path());
    QVERIFY(space && space->totalBytes >= space->availableBytes && space->availableBytes > 0);
    struct statvfs disk{};
    QCOMPARE(::statvfs(path.parent_path().c_str(), &disk), 0);
    const auto reserved = disk.f_bfree - disk.f_bavail; // for root; the same whatever is written
    QCOMPARE(space->totalBytes, static_cast<std::uint64_t>((disk.f_blocks - reserved) * disk.f_frsize));
    QVERIFY(files.lastModifiedMs(path).value() > 1'600'000'000'000);
}

void TestBase::filesReplaceAtomically()
{
    const QTemporaryDir dir;
    PosixFileSystem& files = PosixFileSystem::instance();
    const std::filesystem::path path = dir.path().toStdString() + "/config.json";
    QVERIFY(replaceFile(files, path, "first, and longer"));
    QVERIFY(replaceFile(files, path, "second"));
    QCOMPARE(readWholeFile(files, path, 1000).value(), std::string("second"));
    QCOMPARE(files.list(path.parent_path())->size(), std::size_t{1});
    const auto tooLarge = readWholeFile(files, path, 5);
    QVERIFY(!tooLarge);
}

void TestBase::filesListAndRemove()
{
    const QTemporaryDir dir;
    PosixFileSystem& files = PosixFileSystem::instance();
    const std::filesystem::path root = dir.path().toStdString() + "/a/b";
    QVERIFY(files.createDirectories(root));
    QVERIFY(files.createDirectories(root)); // again
    for (const char* name : {"2", "1", "3"}) {
        QVERIFY(files.open(root / name, OpenMode::Create));
    }
    QVERIFY(files.createDirectories(root / "0"));
    const auto entries = files.list(root);
    QVERIFY(entries);
    QCOMPARE(entries->size(), std::size_t{4});
    QVERIFY(entries->at(0).isDirectory);
    QCOMPARE(entries->at(1).name, std::string("1"));
    QVERIFY(files.rename(root / "3", root / "4"));
    QVERIFY(files.exists(root / "4") && !files.exists(root / "3"));
    QVERIFY(files.syncDirectory(root));
    QVERIFY(files.remove(root / "4"));
    QVERIFY(files.removeTree(root.parent_path()));
    QVERIFY(!files.exists(root));
    QVERIFY(files.list(root)->empty());
}

void TestBase::filesNameWhatFailed()
{
    const auto missing = PosixFileSystem::instance().open("/tmp/gantry-no-such-folder/file", OpenMode::Create);
    QVERIFY(!missing);
    QCOMPARE(missing.error().code, Errc::NotFound);
    QVERIFY(missing.error().message.find("gantry-no-such-folder") != std::string::npos);
}

namespace {

/// A system that interrupts most calls and moves few bytes, or fails one kind of call.
struct BadSystem
{
    std::mt19937 random{7};
    int calls = 0;
    int interrupted = 0;
    int failing = -1; ///< a place in kBadCalls
    int error = EIO;

    /// True if the call is not to be made, errno set.
    bool refuses(int place)
    {
        if (place == failing) {
            ++calls;
            errno = error;
            return true;
        }
        if (failing < 0 && random() % 3 != 0) {
            ++interrupted;
            errno = EINTR;
            return true;
        }
        return false;
    }
    std::size_t few(std::size_t size) { return failing < 0 && size > 1 ? 1 + random() % (size / 2) : size; }
};
BadSystem g_bad;

const PosixCalls kBadCalls{
    [](const char* path, int flags, mode_t mode) { return g_bad.refuses(0) ? -1 : ::open(path, flags, mode); },
    [](int file, void* target, std::size_t size, off_t at) {
        return g_bad.refuses(1) ? ssize_t{-1} : ::pread(file, target, g_bad.few(size), at);
    },
    [](int file, const void* bytes, std::size_t size, off_t at) {
        return g_bad.refuses(2) ? ssize_t{-1} : ::pwrite(file, bytes, g_bad.few(size), at);
    },
    [](int file, const iovec* parts, int count, off_t at) {
        const iovec some{parts->iov_base, g_bad.few(parts->iov_len)};
        return g_bad.refuses(2) ? ssize_t{-1} : ::pwritev(file, g_bad.failing < 0 ? &some : parts, g_bad.failing < 0 ? 1 : count, at);
    },
    [](int file, off_t size) { return g_bad.refuses(3) ? -1 : ::ftruncate(file, size); },
    [](int file, int mode, off_t at, off_t size) { return g_bad.refuses(4) ? -1 : ::fallocate(file, mode, at, size); },
    [](int file) { return g_bad.refuses(5) ? -1 : ::fdatasync(file); },
    [](int file) { return g_bad.refuses(6) ? -1 : ::fsync(file); }};

} // namespace

void TestBase::interruptedAndShortCallsGoOn()
{
    const QTemporaryDir directory;
    const std::filesystem::path path = directory.filePath("a").toStdString();
    PosixFileSystem files(kBadCalls);
    for (int round = 0; round < 50; ++round) {
        g_bad = BadSystem{};
        g_bad.random.seed(static_cast<unsigned>(round));
        std::string bytes(3'000, '\0');
        std::generate(bytes.begin(), bytes.end(), [] { return static_cast<char>(g_bad.random()); });
        auto file = files.open(path, OpenMode::Create);
        QVERIFY(file.has_value());
        QVERIFY((*file)->resize(100).has_value());
        QVERIFY((*file)->allocate(0, 8'192).has_value());
        QVERIFY((*file)->writeAt(17, asBytes(bytes)).has_value());
        QVERIFY((*file)->syncData().has_value());
        QVERIFY(files.syncDirectory(path.parent_path()).has_value());
        std::string again(bytes.size(), '\0');
        QCOMPARE((*file)->readAt(17, std::as_writable_bytes(std::span(again))).value(), bytes.size());
        QVERIFY(again == bytes);
        QCOMPARE((*file)->size().value(), std::uint64_t{8'192});
        QVERIFY(g_bad.interrupted > 8);
    }
}

void TestBase::failingCallsAreReported()
{
    const QTemporaryDir directory;
    const std::filesystem::path path = directory.filePath("a").toStdString();
    g_bad = BadSystem{};
    g_bad.failing = 99;
    PosixFileSystem files(kBadCalls);
    auto file = files.open(path, OpenMode::Create);
    QVERIFY(file.has_value());
    for (const auto& [error, expected] : {std::pair{EIO, Errc::Io}, {ENOSPC, Errc::DiskFull}}) {
        const Errc code = expected; // clang 14 lets no lambda use the binding
        g_bad.error = error;
        std::byte target[10];
        const auto fails = [&](int place, const auto& call) {
            g_bad.failing = place;
            g_bad.calls = 0;
            const auto result = call();
            return !result && result.error().code == code && g_bad.calls == 1 && // never asked again
                   result.error().message.find(directory.path().toStdString()) != std::string::npos;
        };
        QVERIFY(fails(0, [&] { return files.open(path, OpenMode::ReadOnly); }));
        QVERIFY(fails(1, [&] { return (*file)->readAt(0, target); }));
        QVERIFY(fails(2, [&] { return (*file)->writeAt(0, target); }));
        QVERIFY(fails(3, [&] { return (*file)->resize(3); }));
        QVERIFY(fails(4, [&] { return (*file)->allocate(0, 3); }));
        QVERIFY(fails(5, [&] { return (*file)->syncData(); }));
        QVERIFY(fails(6, [&] { return files.syncDirectory(path.parent_path()); }));
    }
}

void TestBase::busErrorsAreExplained()
{
    const QTemporaryDir directory;
    const std::filesystem::path path = directory.filePath("mapped").toStdString();
    int channel[2];
    QCOMPARE(::pipe(channel), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(channel[1], STDERR_FILENO);
        const rlimit none{0, 0};
        ::setrlimit(RLIMIT_CORE, &none);
        explainBusErrors();
        auto file = PosixFileSystem::instance().open(path, OpenMode::Create);
        const bool isMade = file && (*file)->resize(16'384);
        auto region = (*file)->map(0, 16'384, MapAccess::ReadWrite);
        const bool isCut = isMade && region && (*file)->resize(4'096);
        volatile std::byte* const memory = (*region)->data();
        memory[8'200] = std::byte{1};
        ::_exit(isCut ? 3 : 4);
    }
    ::close(channel[1]);
    std::string said;
    char buffer[500];
    for (ssize_t count = 0; (count = ::read(channel[0], buffer, sizeof buffer)) > 0;) {
        said.append(buffer, static_cast<std::size_t>(count));
    }
    ::close(channel[0]);
    int status = 0;
    QCOMPARE(::waitpid(child, &status, 0), child);
    QVERIFY(WIFSIGNALED(status));
    QCOMPARE(WTERMSIG(status), SIGBUS);
    QVERIFY2(said.find(path.string() + " cannot be read or written at byte 8200") != std::string::npos, said.c_str());
}

void TestBase::lockKeepsOtherProcessesOut()
{
    const QTemporaryDir dir;
    PosixFileSystem& files = PosixFileSystem::instance();
    const std::filesystem::path path = dir.path().toStdString() + "/lock";
    const auto lockedElsewhere = [&] {
        const pid_t child = ::fork();
        if (child == 0) {
            const auto lock = PosixFileSystem::instance().lock(path);
            ::_exit(lock ? 0 : (lock.error().code == Errc::Locked ? 1 : 2));
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        return WEXITSTATUS(status);
    };
    auto lock = files.lock(path);
    QVERIFY(lock);
    QCOMPARE(lockedElsewhere(), 1);
    const auto twice = files.lock(path);
    QVERIFY2(!twice, "one process must not lock the same directory twice");
    QCOMPARE(twice.error().code, Errc::Locked);
    QCOMPARE(lockedElsewhere(), 1); // the refused attempt has not let go of the lock
    lock->reset();
    QCOMPARE(lockedElsewhere(), 0);
}

void TestBase::jsonIsBounded()
{
    QVERIFY(parseJson(R"({"a":[1,"]]]]"]})", "x"));
    QVERIFY(!parseJson("{", "x"));
    QVERIFY(!parseJson("{\"a\":1}}", "x"));
    const auto deep = parseJson(std::string(limits::kJsonDepthMax + 1, '['), "the table");
    QVERIFY(!deep);
    QCOMPARE(deep.error().code, Errc::LimitExceeded);
    QVERIFY(deep.error().message.find("the table") != std::string::npos);
    QCOMPARE(dumpJson(nlohmann::json("\xFF")), std::string("\"\xEF\xBF\xBD\""));
}

void TestBase::uniqueFunctionOwnsMoveOnlyState()
{
    auto value = std::make_unique<int>(41);
    UniqueFunction<int(int)> add([value = std::move(value)](int more) { return *value + more; });
    UniqueFunction<int(int)> moved = std::move(add);
    QVERIFY(moved);
    QVERIFY(!add);
    QCOMPARE(moved(1), 42);
}

QTEST_APPLESS_MAIN(TestBase)
#include "tst_base.moc"
