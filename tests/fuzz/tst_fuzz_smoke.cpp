// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz_targets.h"

#include "base/log.h"

#include <QDir>
#include <QFile>
#include <QtTest>

#include <random>

using namespace gantry;

namespace {

std::string mutated(std::string text, const std::vector<std::string>& all, std::mt19937& random)
{
    const auto count = random() % 6;
    for (unsigned i = 0; i < count && !text.empty(); ++i) {
        const std::size_t at = random() % text.size();
        switch (random() % 7) {
        case 0: text[at] = static_cast<char>(random()); break;
        case 1: text[at] = static_cast<char>(text[at] ^ (1 << random() % 8)); break;
        case 2: text.erase(at, 1 + random() % 8); break;
        case 3: text.insert(at, 1 + random() % 4, static_cast<char>(random())); break;
        case 4: text.resize(at); break;
        case 5: text.insert(at, text.substr(random() % text.size(), random() % 40)); break;
        default: text.replace(at, random() % 20, all[random() % all.size()].substr(0, random() % 60)); break;
        }
    }
    return text;
}

} // namespace

class TestFuzzSmoke : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { log::setLevel(log::Level::Off); }
    void whatWasFoundOnce_data() { targets(); }
    void whatWasFoundOnce();
    void keepsItsPromises_data() { targets(); }
    void keepsItsPromises();

private:
    static void targets();
};

void TestFuzzSmoke::targets()
{
    QTest::addColumn<int>("index");
    int index = 0;
    for (const fuzz::Target& target : fuzz::allTargets()) {
        QTest::newRow(target.name) << index++;
    }
}

/// Inputs that once broke a promise, tests/data/fuzz/<target>/.
void TestFuzzSmoke::whatWasFoundOnce()
{
    QFETCH(int, index);
    const fuzz::Target target = fuzz::allTargets()[static_cast<std::size_t>(index)];
    const QDir directory(QStringLiteral(GANTRY_TEST_DATA_DIR "/fuzz/") + target.name);
    for (const QString& name : directory.entryList(QDir::Files)) {
        QFile file(directory.filePath(name));
        QVERIFY(file.open(QIODevice::ReadOnly));
        target.run(file.readAll().toStdString());
    }
}

void TestFuzzSmoke::keepsItsPromises()
{
    QFETCH(int, index);
    const fuzz::Target target = fuzz::allTargets()[static_cast<std::size_t>(index)];
    const std::vector<std::string> all = target.seeds();
    for (const std::string& seed : all) {
        target.run(seed);
    }
    std::mt19937 random(20'240'601U + static_cast<unsigned>(index));
    QElapsedTimer timer;
    timer.start();
    int runs = 0;
    while (timer.elapsed() < 500 && runs < 200'000) {
        target.run(mutated(all[random() % all.size()], all, random));
        ++runs;
    }
    QVERIFY(runs > 10);
}

QTEST_GUILESS_MAIN(TestFuzzSmoke)
#include "tst_fuzz_smoke.moc"
