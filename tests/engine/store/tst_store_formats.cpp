// SPDX-License-Identifier: GPL-3.0-or-later
// The bytes on disk, against vectors assembled by hand from the format description.
#include "engine/store/store_test_kit.h"

#include "base/crc32.h"
#include "base/hash.h"
#include "base/log.h"

#include <cerrno>

using namespace gantry;
using namespace gantry::test;

namespace {

const std::string kFirstFile(20, '0');

std::string hexOf(std::string_view bytes)
{
    static constexpr char kDigits[] = "0123456789ABCDEF";
    std::string text;
    for (const char c : bytes) {
        text += kDigits[static_cast<std::uint8_t>(c) >> 4U];
        text += kDigits[static_cast<std::uint8_t>(c) & 15U];
    }
    return text;
}

std::string big(std::int64_t value, int width)
{
    std::string bytes;
    for (int shift = (width - 1) * 8; shift >= 0; shift -= 8) {
        bytes +=
            static_cast<char>(static_cast<std::uint64_t>(value) >> static_cast<unsigned>(shift));
    }
    return bytes;
}

} // namespace

class TstStoreFormats : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { log::setLevel(log::Level::Off); }
    void recordAndQueueEntry();
    void blankMarkerAtTheEndOfAFile();
    void filesHaveFullLengthAndTheirNames();
    void queueThatBeginsInTheMiddleIsFilled();
    void indexFile();
    void checkpointAbortAndLock();
    void opensFilesWrittenByHand();
    void ipv6AndLongTopics();
    void refusesWhatItCannotReadSafely();
};

void TstStoreFormats::recordAndQueueEntry()
{
    StoreFixture f;
    QVERIFY(f.open());
    f.clock.advance(std::chrono::milliseconds(123));
    // Seven messages before it in its queue, 4,096 bytes before it in the log: 91 bytes, the
    // topic's 9, the body.
    for (int i = 0; i < 7; ++i) {
        const std::size_t size = i < 6 ? 500 : 4096 - 6 * 500;
        QCOMPARE(f.put("TopicTest", 3, std::string(size - 100, 'x')).size,
                 static_cast<std::int32_t>(size));
    }
    const PutResult put = f.put("TopicTest", 3, "hello", "KEYS\x01KEY1\x02TAGS\x01TagA\x02");
    QCOMPARE(put.commitLogOffset, 4096);
    QCOMPARE(put.queueOffset, 7);
    QVERIFY(f.store->close());
    QCOMPARE(hexOf(f.files->content(kRoot / "commitlog" / kFirstFile).substr(4096, 125)),
             std::string("0000007DDAA320A73610A6860000000300000000000000000000000700000000"
                         "00001000000000000000018BCFE568007F0000010000C3500000018BCFE5687B"
                         "7F00000100002A9F0000000000000000000000000000000568656C6C6F09546F"
                         "7069635465737400144B455953014B4559310254414753015461674102"));
    QCOMPARE(hexOf(f.files->content(kRoot / "consumequeue" / "TopicTest" / "3" / kFirstFile)
                       .substr(7 * 20, 20)),
             std::string("00000000000010000000007D000000000027A807"));
}

void TstStoreFormats::blankMarkerAtTheEndOfAFile()
{
    StoreFixture f;
    QVERIFY(f.open());
    // 16,384 bytes: a record that leaves less than 8 more than itself does not fit any more.
    QCOMPARE(f.put("t", 0, std::string(16'384 - 92 - 8, 'x')).commitLogOffset,
             0); // fits exactly with the marker
    QCOMPARE(f.put("t", 0, "second").commitLogOffset, 16'384);
    QCOMPARE(hexOf(f.files->content(kRoot / "commitlog" / kFirstFile).substr(16'384 - 8)),
             std::string("00000008CBD43194"));
    QCOMPARE(f.put("t", 0, std::string(16'384 - 98 - 92 - 7, 'y')).commitLogOffset,
             2 * 16'384); // one byte too long
    QCOMPARE(hexOf(f.files->content(kRoot / "commitlog" / "00000000000000016384").substr(98, 8)),
             hexOf(big(16'384 - 98, 4)) + "CBD43194");
    QVERIFY(f.store->sync());
    QCOMPARE(f.store->maxOffset("t", 0), 3);
}

void TstStoreFormats::filesHaveFullLengthAndTheirNames()
{
    StoreFixture f;
    QVERIFY(f.open());
    for (int i = 0; i < 45; ++i) {
        f.put("t", 7, std::string(1000, 'x'), keyProperty("k" + std::to_string(i)));
    }
    QVERIFY(f.store->close());
    int logs = 0;
    int queues = 0;
    int indexes = 0;
    for (const std::filesystem::path& path : f.files->files()) {
        const std::size_t size = f.files->content(path).size();
        const std::string name = path.filename().string();
        if (path.parent_path() == kRoot / "commitlog") {
            QCOMPARE(size, std::size_t{16'384});
            QCOMPARE(name, QString("%1").arg(logs++ * 16'384, 20, 10, QChar('0')).toStdString());
        } else if (path.parent_path() == kRoot / "consumequeue" / "t" / "7") {
            QCOMPARE(size, std::size_t{400});
            QCOMPARE(name, QString("%1").arg(queues++ * 400, 20, 10, QChar('0')).toStdString());
        } else if (path.parent_path() == kRoot / "index") {
            QCOMPARE(size, std::size_t{40 + 16 * 4 + 64 * 20});
            QCOMPARE(name.size(), std::size_t{17});
            QVERIFY(name.starts_with("2023111")); // local time of 1,700,000,000 s
            ++indexes;
        }
    }
    QCOMPARE(logs, 4); // 14 messages a file; none made ahead is left
    QCOMPARE(queues, 3);
    QCOMPARE(indexes, 1);
}

void TstStoreFormats::queueThatBeginsInTheMiddleIsFilled()
{
    // A log whose older part is gone: the queue's first message is number 27.
    StoreFixture f;
    QVERIFY(f.open());
    for (int i = 0; i < 30; ++i) {
        f.put("t", 0, std::to_string(i) + std::string(1500, '.'));
    }
    QVERIFY(f.store->sync());
    auto left = f.files->afterKill();
    QVERIFY(left->remove(kRoot / "commitlog" / kFirstFile));
    QVERIFY(left->remove(kRoot / "commitlog" / "00000000000000016384"));
    QVERIFY(left->removeTree(kRoot / "consumequeue" / "t"));
    QVERIFY(f.replaceFiles(std::move(left)));
    const std::int64_t first = f.store->minOffset("t", 0);
    QCOMPARE(first, 20);
    QCOMPARE(f.store->maxOffset("t", 0), 30);
    QVERIFY(f.store->close());
    // Ten messages a file, twenty entries a queue file: the queue begins with its second file.
    QVERIFY(!f.files->exists(kRoot / "consumequeue" / "t" / "0" / kFirstFile));
    left = f.files->afterKill();
    QVERIFY(left->removeTree(kRoot / "consumequeue" / "t"));
    QVERIFY(left->remove(kRoot / "checkpoint"));
    left->put(kRoot / "abort", "1");
    StoreFixture wide;
    wide.config.consumeQueueFileSize = 1000; // 50 entries
    wide.files = std::move(left);
    QVERIFY(wide.open());
    QCOMPARE(wide.store->minOffset("t", 0), 20);
    QVERIFY(wide.reopen());
    QCOMPARE(wide.store->minOffset("t", 0), 20);
    QCOMPARE(bodies(*wide.store, "t", 0).size(), std::size_t{10});
    QVERIFY(wide.store->close());
    const std::string queue = wide.files->content(kRoot / "consumequeue" / "t" / "0" / kFirstFile);
    for (std::size_t entry = 0; entry < 20; ++entry) {
        QCOMPARE(hexOf(queue.substr(entry * 20, 20)),
                 std::string("00000000000000007FFFFFFF0000000000000000"));
    }
    QCOMPARE(hexOf(queue.substr(20 * 20, 8)), hexOf(big(2 * 16'384, 8)));
}

void TstStoreFormats::indexFile()
{
    StoreFixture f;
    f.config.indexSlotCount = 5000;
    QVERIFY(f.open());
    const std::int64_t begin = f.clock.wallMs();
    f.put("TopicTest", 0, "a", keyProperty("KEY1"));
    f.clock.advance(std::chrono::milliseconds(2500));
    const PutResult second = f.put("TopicTest", 0, "b",
                                   "UNIQ_KEY\x01"
                                   "ABC\x02KEYS\x01KEY1  KEY2\x02");
    QVERIFY(f.store->close());
    std::filesystem::path path;
    for (const std::filesystem::path& file : f.files->files()) {
        path = file.parent_path() == kRoot / "index" ? file : path;
    }
    const std::string bytes = f.files->content(path);
    // Header: times, offsets, slots in use, next entry.
    QCOMPARE(hexOf(bytes.substr(0, 40)),
             hexOf(big(begin, 8) + big(begin + 2500, 8) + big(0, 8) +
                   big(second.commitLogOffset, 8) + big(3, 4) + big(5, 4)));
    const auto entry = [&](std::size_t number) {
        return hexOf(bytes.substr(40 + 5000 * 4 + number * 20, 20));
    };
    constexpr std::int64_t kHash = 1656969516; // of TopicTest#KEY1, without its sign
    QCOMPARE(entry(0), std::string(40, '0'));
    QCOMPARE(entry(1), hexOf(big(kHash, 4) + big(0, 8) + big(0, 4) + big(0, 4)));
    QCOMPARE(entry(3),
             hexOf(big(kHash, 4) + big(second.commitLogOffset, 8) + big(2, 4) + big(1, 4)));
    QCOMPARE(hexOf(bytes.substr(40 + (kHash % 5000) * 4, 4)), hexOf(big(3, 4)));
    QVERIFY(
        entry(2).starts_with(hexOf(big(std::abs(std::int64_t{javaHashCode("TopicTest#ABC")}), 4))));
    QVERIFY(entry(4).starts_with(
        hexOf(big(std::abs(std::int64_t{javaHashCode("TopicTest#KEY2")}), 4))));
}

void TstStoreFormats::checkpointAbortAndLock()
{
    StoreFixture f;
    QVERIFY(f.open());
    QVERIFY(!f.files->content(kRoot / "abort").empty());
    QCOMPARE(f.files->content(kRoot / "lock"), std::string("lock"));
    const PutResult put = f.put("t", 0, "x", keyProperty("k"));
    QVERIFY(f.store->sync());
    const std::string checkpoint = f.files->content(kRoot / "checkpoint");
    QCOMPARE(checkpoint.size(), std::size_t{4096});
    const std::string time = big(f.clock.wallMs(), 8);
    QCOMPARE(hexOf(checkpoint.substr(0, 40)),
             hexOf(time + time + time + big(0, 8) + big(put.size, 8)));
    // The seal: a magic, the number of queues.1, a checksum of all of it.
    QCOMPARE(hexOf(checkpoint.substr(40, 16)), hexOf(big(0x47414E5452590001, 8) + big(1, 8)));
    QCOMPARE(hexOf(checkpoint.substr(56, 4)), hexOf(big(crc32(asBytes(checkpoint).first(56)), 4)));
    QCOMPARE(checkpoint.find_first_not_of('\0', 60), std::string::npos);
    QVERIFY(f.files->exists(kRoot / "queues.1"));
    QVERIFY(f.store->close());
    QVERIFY(!f.files->exists(kRoot / "abort"));
    QVERIFY(f.files->exists(kRoot / "lock"));
}

void TstStoreFormats::opensFilesWrittenByHand()
{
    // A clean store of another broker: one record, its queue entry, nothing else.
    StoreFixture f;
    const std::string record =
        big(0x6D, 4) + big(0xDAA320A7, 4) + big(907060870, 4) + big(2, 4) + big(9, 4) + big(0, 8) +
        big(0, 8) + big(0, 4) + big(1'600'000'000'000, 8) + big(0x7F000001, 4) + big(1234, 4) +
        big(1'600'000'000'001, 8) + big(0x7F000001, 4) + big(10911, 4) + big(0, 4) + big(0, 8) +
        big(5, 4) + "hello" + big(6, 1) + "orders" + big(7, 2) +
        "TAGS\x01"
        "A\x02";
    QCOMPARE(record.size(), std::size_t{0x6D});
    f.files->put(kRoot / "commitlog" / kFirstFile,
                 record + std::string(16'384 - record.size(), '\0'));
    f.files->put(kRoot / "consumequeue" / "orders" / "2" / kFirstFile,
                 big(0, 8) + big(0x6D, 4) + big('A', 8) + std::string(380, '\0'));
    QVERIFY(f.open());
    QCOMPARE(bodies(*f.store, "orders", 2), std::vector<std::string>{"hello"});
    QCOMPARE(f.store->offsetByTime("orders", 2, 1'600'000'000'001, OffsetBoundary::Lower), 0);
    const PutResult next = f.put("orders", 2, "next");
    QCOMPARE(next.commitLogOffset, 0x6D);
    QCOMPARE(next.queueOffset, 1);
    QVERIFY(f.reopen());
    QCOMPARE(bodies(*f.store, "orders", 2), (std::vector<std::string>{"hello", "next"}));
}

void TstStoreFormats::ipv6AndLongTopics()
{
    StoreFixture f;
    f.config.storeHost = HostAddress::parse("[::1]:10911").value();
    QVERIFY(f.open());
    PutRequest request = message("%RETRY%" + std::string(150, 'g'), 0, "body", keyProperty("k"));
    request.bornHost = HostAddress::parse("[::1]:5").value();
    const PutResult put = f.store->putAndWait(request);
    QCOMPARE(put.size, 91 + 12 + 12 + 1 + 157 + 4 + 7);
    QVERIFY(f.store->sync());
    QCOMPARE(hexOf(f.files->content(kRoot / "commitlog" / kFirstFile).substr(4, 4)),
             std::string("DAA320AB"));
    QVERIFY(f.killAndReopen());
    QCOMPARE(bodies(*f.store, request.topic, 0), std::vector<std::string>{"body"});
    QCOMPARE(f.store->queryByKey(request.topic, "k", 5, 0, INT64_MAX).records.size(),
             std::size_t{1});
}

void TstStoreFormats::refusesWhatItCannotReadSafely()
{
    const auto refuses = [](const std::filesystem::path& path, std::string_view bytes, Errc code,
                            const char* word) {
        StoreFixture f;
        f.files->put(path, bytes);
        const Result<> opened = f.tryOpen();
        const bool untouched = f.files->files() == std::vector<std::filesystem::path>{path} &&
                               f.files->content(path) == bytes;
        return !opened && opened.error().code == code &&
               opened.error().message.find(word) != std::string::npos && untouched;
    };
    QVERIFY(refuses(kRoot / "consumequeue" / "CURRENT", "MANIFEST-000004\n", Errc::Unsupported,
                    "RocksDB"));
    QVERIFY(refuses(kRoot / "commitlog" / kFirstFile, std::string(8192, '\0'), Errc::Unsupported,
                    "mappedFileSizeCommitLog"));
    QVERIFY(refuses(kRoot / "commitlog" / "notes.txt", "x", Errc::Unsupported, "notes.txt"));
    QVERIFY(refuses(kRoot / "consumequeue" / "t" / "0" / kFirstFile, std::string(380, '\0'),
                    Errc::Unsupported, "mappedFileSizeConsumeQueue"));
    QVERIFY(refuses(kRoot / "index" / "20230101000000000", std::string(100, '\0'),
                    Errc::Unsupported, "maxHashSlotNum"));
    QVERIFY(refuses(kRoot / "batchconsumequeue" / "t" / "0" / kFirstFile, std::string(46, '\0'),
                    Errc::Unsupported, "batchconsumequeue"));
    StoreFixture f;
    QVERIFY(f.open());
    StoreFixture second;
    const auto other = MessageStore::open(f.config, {*f.files, f.clock});
    QVERIFY(!other);
    COMPARE_NAMES(other.error().code, Errc::Locked);
    COMPARE_NAMES(f.put("t", 0, "still works").status, PutStatus::Ok);
    // A disk that fails while the store opens is an error, not a store.
    for (int k = 1; k < 12; ++k) {
        StoreFixture failing;
        failing.files->failCall(MemoryFileSystem::Call::Write, k, EIO, true);
        failing.files->failCall(MemoryFileSystem::Call::Sync, k, EIO, true);
        (void)failing.tryOpen();
    }
}

QTEST_APPLESS_MAIN(TstStoreFormats)
#include "tst_store_formats.moc"
