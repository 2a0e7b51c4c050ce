// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "store/message_store.h"
#include "support/manual_clock.h"
#include "support/memory_file_system.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace gantry {
class StoreChecker;
}

namespace gantry::test {

inline const std::filesystem::path kStoreRoot = "/store"; ///< of the simulation
inline constexpr std::uint64_t kLargeDisk = 64 * 1024 * 1024;

/// One life of a store on a simulated machine: traffic, the store's workers, consumers, a kernel that writes back when
/// it likes, a clock that jumps, failing calls, kills and power cuts, all in an order that comes from one seed. A model
/// beside it knows what was promised, and the files are read by StoreChecker, not by the store.
class StoreSimulation
{
public:
    struct Options
    {
        int steps = 60;
        bool failsCalls = true;   ///< in one seed of four a call of the file system fails
        bool damages = true;      ///< some crashes flip a bit of a record
        bool isTold = false;      ///< what happens goes to standard error
        bool looksDeep = true;    ///< second recovery and StoreChecker after every crash, not only at the end
    };

    StoreSimulation(std::uint64_t seed, Options options);
    ~StoreSimulation();
    StoreSimulation(const StoreSimulation&) = delete;
    StoreSimulation& operator=(const StoreSimulation&) = delete;

    /// Empty, or what went wrong.
    [[nodiscard]] std::string run();
    [[nodiscard]] int crashes() const { return m_crashes; }
    /// A number of everything that happened, the same for the same seed.
    [[nodiscard]] std::uint64_t trace() const { return m_trace; }

private:
    struct Place
    {
        std::string topic;
        std::int32_t queueId = 0;
        auto operator<=>(const Place&) const = default;
    };
    enum class Ack { Pending, Ok, Refused };
    struct Message
    {
        int number = 0;
        Place place;
        std::string body;
        std::string key;
        bool waits = true;
        Ack ack = Ack::Pending;
        std::int64_t queueOffset = -1;
        std::int64_t begin = 0;    ///< in the CommitLog
        std::int64_t end = 0;
        bool isDamaged = false;    ///< by a flipped bit: may be gone, must not be served wrong
        bool isDurable = false;    ///< promised to survive a power cut
        bool wasSeen = false;      ///< a consumer got it
        bool wasAppended = false;  ///< a kill must not lose it
    };
    /// What the outside world knows at one moment.
    struct Model
    {
        std::map<int, Message> messages; ///< that may be in the store, by number
        bool isPoisoned = false;
    };
    struct Crash
    {
        std::unique_ptr<MemoryFileSystem> files;
        Model model;
        bool isPowerCut = false;
        bool leavesNoTrace = false; ///< a kill before the word of a failed sync could be written: a later power cut may take something
    };

    [[nodiscard]] std::uint64_t dice(std::uint64_t sides) { return m_random() % sides; }
    void fail(std::string what);
    void tellFiles();
    [[nodiscard]] bool open();
    void note(std::string_view what);
    void put(int count);
    void noteResult(int number, const PutResult& result);
    void noteFlushed();
    void stepWorker();
    void consume();
    void armFailure();
    void armCrash();
    void crash(Crash crash);
    [[nodiscard]] int failedWrites() const;
    [[nodiscard]] Crash crashNow(bool isPowerCut);
    void closeAndReopen();
    void changeDisk();
    void advanceClock();
    void flipBit();
    void verifyAfterCrash(bool isPowerCut);
    void verifyAgain(const std::map<Place, std::vector<std::string>>& found);
    void verifyKeys();
    void verifyFiles();
    void verifyReport(const StoreChecker& checker);
    void verifyFullDisk();
    [[nodiscard]] static std::map<Place, std::vector<std::string>> everything(MessageStore& store);
    [[nodiscard]] std::optional<int> numberOf(const std::string& body) const;
    void act();

    const std::uint64_t m_seed;
    const Options m_options;
    std::mt19937_64 m_random;
    ManualClock m_clock;
    StoreConfig m_config;
    std::unique_ptr<MemoryFileSystem> m_files;
    std::unique_ptr<MessageStore> m_store;
    Model m_model;
    int m_nextNumber = 0;
    int m_crashes = 0;
    std::uint64_t m_trace = 0;
    bool m_failsCalls = false;
    bool m_hasOnlyKills = true; ///< nothing could tear a record
    int m_damages = 0;
    bool m_wasTight = false; ///< the disk was nearly full once: old files may be gone
    std::string m_problem;
    int m_callsToCrash = -1; ///< counts down at every call of the file system
    bool m_nextIsPowerCut = false;
    std::optional<Crash> m_pendingCrash;
    int m_failedBefore = 0; ///< writes and syncs that had failed when the current act began
    bool m_isOver = false;
};

} // namespace gantry::test
