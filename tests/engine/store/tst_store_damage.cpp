// SPDX-License-Identifier: GPL-3.0-or-later
// Bytes and files that are not what they were: damage stays where it is, or the store refuses and touches nothing.
#include "engine/store/crash_seeds.h"
#include "engine/store/store_test_kit.h"

#include "base/log.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <random>
#include <set>

using namespace gantry;
using namespace gantry::test;

namespace {

constexpr std::int64_t kPage = 4096;

struct Sent
{
    std::string body;
    std::string topic;
    std::string key;
    std::int64_t begin = 0;
    std::int64_t end = 0;
};

std::multiset<std::string> allBodies(MessageStore& store)
{
    std::multiset<std::string> result;
    for (const auto& [topic, queueId] : store.queues()) {
        for (std::string& body : bodies(store, topic, queueId)) {
            result.insert(std::move(body));
        }
    }
    return result;
}

std::filesystem::path logPath(std::int64_t offset, std::int64_t fileSize)
{
    return kRoot / "commitlog" /
           QString("%1").arg(offset / fileSize * fileSize, 20, 10, QChar('0')).toStdString();
}

std::map<std::filesystem::path, std::string> contents(const MemoryFileSystem& files)
{
    std::map<std::filesystem::path, std::string> result;
    for (const auto& path : files.files()) {
        result[path] = files.content(path);
    }
    return result;
}

/// A store of some files of each kind whose process was killed, half of it behind a checkpoint.
struct Victim
{
    StoreFixture fixture;
    std::vector<Sent> sent;
    std::int64_t end = 0;
    std::unique_ptr<MemoryFileSystem> files;

    bool prepare()
    {
        if (!fixture.open()) {
            return false;
        }
        for (int i = 0; i < 140; ++i) {
            Sent message;
            message.body = std::to_string(i) + std::string(static_cast<std::size_t>(i * 37 % 900), 'b');
            message.topic = "topic" + std::to_string(i % 2);
            message.key = "k" + std::to_string(i);
            const PutResult put =
                fixture.put(message.topic, i / 2 % 2, message.body, keyProperty(message.key));
            message.begin = put.commitLogOffset;
            message.end = put.commitLogOffset + put.size;
            sent.push_back(std::move(message));
            fixture.clock.advance(std::chrono::milliseconds(500));
            if (i == 90 && !fixture.store->sync()) {
                return false;
            }
        }
        end = sent.back().end;
        files = fixture.files->afterKill();
        return true;
    }
};

/// One kind of damage, and which bytes of the CommitLog it reached.
struct Damage
{
    std::string what;
    std::vector<std::pair<std::int64_t, std::int64_t>> logRanges;
    bool mayRefuse = false;
    bool reachesIndex = false;

    [[nodiscard]] bool reaches(const Sent& message) const
    {
        return std::any_of(logRanges.begin(), logRanges.end(), [&](const auto& range) {
            return message.begin < range.second && range.first < message.end;
        });
    }
};

std::string randomBytes(std::mt19937_64& random, std::size_t count)
{
    std::string bytes(count, '\0');
    for (char& byte : bytes) {
        byte = static_cast<char>(random());
    }
    return bytes;
}

std::filesystem::path anyFile(const MemoryFileSystem& files, std::string_view folder,
                              std::mt19937_64& random)
{
    std::vector<std::filesystem::path> candidates;
    for (const auto& path : files.files()) {
        if (path.string().find(folder) != std::string::npos) {
            candidates.push_back(path);
        }
    }
    return candidates[random() % candidates.size()];
}

Damage damageLog(MemoryFileSystem& files, const Victim& victim, std::mt19937_64& random)
{
    const std::int64_t fileSize = victim.fixture.config.commitLogFileSize;
    const auto at = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(victim.end));
    const auto path = logPath(at, fileSize);
    const std::int64_t page = at / kPage * kPage;
    const auto inFile = [&](std::int64_t offset) { return static_cast<std::uint64_t>(offset % fileSize); };
    Damage damage;
    switch (random() % 5) {
    case 0: {
        const char byte = files.content(path)[inFile(at)];
        files.overwrite(path, inFile(at), std::string(1, static_cast<char>(byte ^ (1 << random() % 8))));
        damage = {"flipped bit", {{at, at + 1}}};
        break;
    }
    case 1:
        files.overwrite(path, inFile(page), std::string(kPage, '\0'));
        damage = {"zeroed page", {{page, page + kPage}}};
        break;
    case 2: {
        const std::int64_t sector = at / 512 * 512;
        files.overwrite(path, inFile(sector), randomBytes(random, 512));
        damage = {"garbage in a sector", {{sector, sector + 512}}};
        break;
    }
    case 3: {
        const auto other = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(victim.end)) / kPage * kPage;
        const auto otherPath = logPath(other, fileSize);
        const std::string mine = files.content(path).substr(inFile(page), kPage);
        const std::string theirs = files.content(otherPath).substr(inFile(other), kPage);
        files.overwrite(path, inFile(page), theirs);
        files.overwrite(otherPath, inFile(other), mine);
        damage = {"swapped pages", {{page, page + kPage}, {other, other + kPage}}};
        break;
    }
    default:
        (void)files.remove(path);
        damage = {"missing CommitLog file", {{at / fileSize * fileSize, at / fileSize * fileSize + fileSize}}};
        break;
    }
    damage.what += " at " + std::to_string(at);
    return damage;
}

Damage damageOthers(MemoryFileSystem& files, std::mt19937_64& random)
{
    const auto garbage = [&](const std::filesystem::path& path) {
        const std::string content = files.content(path);
        const std::size_t length = std::min<std::size_t>(content.size(), 1 + random() % 600);
        files.overwrite(path, random() % (content.size() - length + 1), randomBytes(random, length));
    };
    switch (random() % 8) {
    case 0:
        garbage(kRoot / "checkpoint");
        return {"garbage in the checkpoint", {}};
    case 1:
        files.put(kRoot / "checkpoint", randomBytes(random, random() % 100));
        return {"short checkpoint", {}};
    case 2:
        (void)files.remove(kRoot / "checkpoint");
        return {"missing checkpoint", {}};
    case 3:
        garbage(anyFile(files, "/index/", random));
        return {"garbage in an index", {}, false, true};
    case 4:
        (void)files.remove(anyFile(files, "/index/", random));
        return {"missing index", {}, false, true};
    case 5:
        (void)files.removeTree(kRoot / "consumequeue" / ("topic" + std::to_string(random() % 2)));
        return {"missing queues of a topic", {}};
    case 6: {
        constexpr const char* kFolders[] = {"/commitlog/", "/consumequeue/", "/index/"};
        const auto path = anyFile(files, kFolders[random() % 3], random);
        files.put(path, files.content(path).substr(0, 1 + random() % 300));
        return {"short file " + path.string(), {}, true};
    }
    default:
        files.put(kRoot / "commitlog" / "notes.txt", "hello");
        return {"foreign file", {}, true};
    }
}

/// Empty, or what is wrong.
std::string judge(StoreFixture& f, const Victim& victim, const Damage& damage)
{
    const auto before = contents(*f.files);
    const Result<> opened = f.tryOpen();
    if (!opened) {
        if (!damage.mayRefuse || opened.error().message.size() < 20) {
            return "does not open: " + opened.error().message;
        }
        auto after = contents(*f.files);
        return after == before ? "" : "refused, but files were touched";
    }
    const std::multiset<std::string> found = allBodies(*f.store);
    for (const Sent& message : victim.sent) {
        const std::size_t count = found.count(message.body);
        if (count > 1 || (count == 0 && !damage.reaches(message))) {
            return "message " + message.key + " is there " + std::to_string(count) + " times";
        }
    }
    for (const std::string& body : found) {
        if (std::none_of(victim.sent.begin(), victim.sent.end(),
                         [&](const Sent& message) { return message.body == body; })) {
            return "a message that nobody sent: " + body.substr(0, 20);
        }
    }
    for (const Sent& message : victim.sent) {
        if (!damage.reaches(message) && !damage.reachesIndex &&
            f.store->queryByKey(message.topic, message.key, 10, 0, INT64_MAX).records.size() != 1) {
            return "key " + message.key + " is not found";
        }
    }
    if (!f.killAndReopen() || allBodies(*f.store) != found) {
        return "the second recovery gives something else";
    }
    if (f.put("topic0", 0, "again").status != PutStatus::Ok || !f.store->sync() ||
        allBodies(*f.store).count("again") != 1) {
        return "takes no messages any more";
    }
    return {};
}

} // namespace

class TstStoreDamage : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { log::setLevel(log::Level::Off); }
    void onlyWhatIsDamagedIsLost();
    void everySectorOfTheTail();
    void everyByteOfTheLastRecords();
    void lengthsThatLie();
    void aRecordInsideABody();
    void rocksDbTablesAreRefused();
    void zeroedQueuePages();
    void unreadableQueueIsNotPassedOver();
};

void TstStoreDamage::onlyWhatIsDamagedIsLost()
{
    Victim victim;
    QVERIFY(victim.prepare());
    QStringList failures;
    for (auto [seed, end] = seeds(200); seed < end; ++seed) {
        std::mt19937_64 random(seed * 31 + 7);
        StoreFixture f;
        f.files = victim.files->afterKill();
        const Damage damage = random() % 2 == 0 ? damageLog(*f.files, victim, random)
                                                : damageOthers(*f.files, random);
        const std::string wrong = judge(f, victim, damage);
        if (!wrong.empty()) {
            failures.append(
                QString("seed %1, %2: %3")
                    .arg(seed)
                    .arg(QString::fromStdString(damage.what), QString::fromStdString(wrong)));
        }
    }
    QVERIFY2(failures.isEmpty(), qPrintable(QString("%1 failed\n").arg(failures.size()) +
                                            failures.mid(0, 25).join('\n')));
}

void TstStoreDamage::everySectorOfTheTail()
{
    Victim victim;
    QVERIFY(victim.prepare());
    std::mt19937_64 random(5);
    for (std::int64_t sector = std::max<std::int64_t>(0, victim.end - 65536) / 512 * 512;
         sector < victim.end; sector += 512 * static_cast<std::int64_t>(crashStride())) {
        for (const bool isZero : {true, false}) {
            StoreFixture f;
            f.files = victim.files->afterKill();
            const std::int64_t fileSize = f.config.commitLogFileSize;
            f.files->overwrite(logPath(sector, fileSize), static_cast<std::uint64_t>(sector % fileSize),
                               isZero ? std::string(512, '\0') : randomBytes(random, 512));
            const std::string wrong = judge(f, victim, {"", {{sector, sector + 512}}});
            QVERIFY2(wrong.empty(),
                     qPrintable(QString("sector at %1: %2").arg(sector).arg(QString::fromStdString(wrong))));
        }
    }
}

/// One more and one less, all bits but one, one bit, nothing, at each byte of the headers of the last three records; one
/// bit at each other byte of theirs.
void TstStoreDamage::everyByteOfTheLastRecords()
{
    Victim victim;
    QVERIFY(victim.prepare());
    std::uint64_t cases = 0;
    for (std::size_t number = victim.sent.size() - 3; number < victim.sent.size(); ++number) {
        const Sent& message = victim.sent[number];
        const std::int64_t fileSize = victim.fixture.config.commitLogFileSize;
        const auto path = logPath(message.begin, fileSize);
        const std::string content = victim.files->content(path);
        for (std::int64_t at = message.begin; at < message.end; at += static_cast<std::int64_t>(crashStride())) {
            const auto place = static_cast<std::size_t>(at % fileSize);
            const int byte = static_cast<unsigned char>(content[place]);
            const bool isHeader = at < message.begin + 88;
            const auto values = isHeader ? std::vector{byte + 1, byte - 1, byte ^ 0xFE, byte ^ 0x80, 0} : std::vector{byte ^ 0x01};
            for (const int value : values) {
                if ((value & 0xFF) == byte) {
                    continue;
                }
                StoreFixture f;
                f.files = victim.files->afterKill();
                f.files->overwrite(path, place, std::string(1, static_cast<char>(value)));
                // Topic and properties have no checksum: a key may become that of another message.
                const bool isText = at >= message.begin + 88 + static_cast<std::int64_t>(message.body.size());
                // Queue and number have none, either, so it may become another queue's record. Two records with one
                // number are judged by the queue's next one; where there is none, at a queue's end, the good one may be
                // the one that yields.
                const std::int64_t field = at - message.begin;
                const bool isNumber = (field >= 12 && field < 16) || (field >= 20 && field < 28);
                const std::int64_t end = isNumber || isText ? victim.end : message.end;
                const std::string wrong = judge(f, victim, {"", {{message.begin, end}}, false, isText});
                QVERIFY2(wrong.empty(), qPrintable(QString("byte %1 of message %2 is %3: %4")
                                                       .arg(at - message.begin).arg(number).arg(value & 0xFF)
                                                       .arg(QString::fromStdString(wrong))));
                ++cases;
            }
        }
    }
    qInfo("%llu damaged bytes", static_cast<unsigned long long>(cases));
    QVERIFY(cases > 2'600 / crashStride());
}

void TstStoreDamage::lengthsThatLie()
{
    Victim victim;
    QVERIFY(victim.prepare());
    const std::size_t last = victim.sent.size() - 1;
    for (const std::size_t number : {std::size_t{0}, std::size_t{70}, last - 1, last}) {
        const Sent& message = victim.sent[number];
        for (const std::int64_t field : {0, 28, 84}) { // size, low half of the offset, body length
            for (const std::string& value :
                 {std::string(4, '\0'), std::string("\x7F\xFF\xFF\xFF"), std::string("\xFF\xFF\xFF\xFF"),
                  std::string("\x80\x00\x00\x00", 4), std::string("\x00\x00\x00\x5A", 4)}) {
                StoreFixture f;
                f.files = victim.files->afterKill();
                const std::int64_t fileSize = f.config.commitLogFileSize;
                f.files->overwrite(logPath(message.begin, fileSize),
                                   static_cast<std::uint64_t>(message.begin % fileSize + field), value);
                const std::string wrong = judge(f, victim, {"", {{message.begin, message.end}}});
                QVERIFY2(wrong.empty(), qPrintable(QString("message %1, field %2: %3")
                                                       .arg(number)
                                                       .arg(field)
                                                       .arg(QString::fromStdString(wrong))));
            }
        }
    }
}

void TstStoreDamage::aRecordInsideABody()
{
    // A message that carries a whole record, even one that says it lies where it lies.
    StoreFixture f;
    QVERIFY(f.open());
    const PutResult first = f.put("t", 0, "first");
    std::string record = f.store->recordAt(first.commitLogOffset).value();
    const std::int64_t place = first.commitLogOffset + first.size + 88;
    for (int i = 0; i < 8; ++i) {
        record[static_cast<std::size_t>(28 + i)] = static_cast<char>(place >> (8 * (7 - i)));
    }
    f.put("t", 0, record);
    f.put("t", 0, "last");
    QVERIFY(f.killAndReopen());
    QCOMPARE(bodies(*f.store, "t", 0), (std::vector<std::string>{"first", record, "last"}));
}

void TstStoreDamage::rocksDbTablesAreRefused()
{
    for (const char* name : {"rdb", "rdb_v2", "topics", "subscriptionGroups", "consumerOffsets"}) {
        StoreFixture f;
        QVERIFY(f.open());
        f.put("t", 0, "mine");
        QVERIFY(f.store->close());
        const auto directory = kRoot / "config" / name;
        f.files->put(directory / "IDENTITY", "x");
        f.files->put(directory / "000012.sst", "x");
        f.files->put(kRoot / "config" / "topics.json", "{}");
        const auto before = contents(*f.files);
        f.store.reset();
        const Result<> opened = f.tryOpen();
        QVERIFY(!opened);
        QVERIFY(opened.error().code == Errc::Unsupported);
        QVERIFY(opened.error().message.find(directory.string()) != std::string::npos);
        QVERIFY(contents(*f.files) == before);
    }
    StoreFixture f; // a directory of that name without a database is nobody's
    f.files->put(kRoot / "config" / "topics" / "notes", "x");
    QVERIFY(f.open());
}

void TstStoreDamage::zeroedQueuePages()
{
    Victim victim;
    QVERIFY(victim.prepare());
    std::mt19937_64 random(3);
    std::uint64_t mended = 0;
    for (int round = 0; round < 30; ++round) {
        StoreFixture f;
        f.files = victim.files->afterKill();
        const auto path = anyFile(*f.files, "/consumequeue/", random);
        f.files->overwrite(path, random() % 10 * 20, std::string(100, '\0'));
        QVERIFY(f.open());
        const auto found = allBodies(*f.store);
        for (const Sent& message : victim.sent) {
            QVERIFY2(found.count(message.body) == 1, qPrintable(QString::fromStdString(path)));
        }
        QCOMPARE(f.store->metrics().damagedRecords.load(), std::uint64_t{0});
        mended += f.store->metrics().queueEntriesMended;
        COMPARE_NAMES(f.put("topic0", 0, "again").status, PutStatus::Ok);
    }
    qInfo("%llu entries made anew while they were read", static_cast<unsigned long long>(mended));
    QVERIFY(mended > 5);
}

void TstStoreDamage::unreadableQueueIsNotPassedOver()
{
    StoreFixture f;
    QVERIFY(f.open());
    for (int i = 0; i < 50; ++i) {
        f.put("t", 0, std::to_string(i));
    }
    QVERIFY(f.store->sync());
    f.files->failCall(MemoryFileSystem::Call::Read, 1, EIO, true, "consumequeue");
    GetRequest request;
    request.topic = "t";
    request.offset = 7;
    const GetResult got = f.store->get(request);
    QCOMPARE(got.messageCount, 0);
    QCOMPARE(got.nextBeginOffset, std::int64_t{7});
    f.files->clearFailures();
    QCOMPARE(bodies(*f.store, "t", 0).size(), std::size_t{50});
}

QTEST_APPLESS_MAIN(TstStoreDamage)
#include "tst_store_damage.moc"
