// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "support/manual_clock.h"
#include "support/memory_file_system.h"

#include "store/message_store.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gantry::test {

/// One fixed course of a small store: topics come up, files of every kind roll, checkpoints and a table are written, old
/// files go, a clean stop and a start in between. No threads, so a trace is the same every time, and it can be stopped,
/// or a call of it failed, at every place.
class CrashTrace
{
public:
    /// Script 0 is written by hand; any other number makes its own, with zeros written ahead in every second one.
    explicit CrashTrace(FlushMode mode, std::uint64_t script = 0);
    ~CrashTrace();
    CrashTrace(const CrashTrace&) = delete;
    CrashTrace& operator=(const CrashTrace&) = delete;

    /// What was promised at a moment.
    struct Promise
    {
        int sent = 0;                ///< messages 0..sent-1 may be there
        std::vector<bool> isDurable; ///< by number: must be there unless deleted
        std::vector<std::int64_t> ends; ///< by number, in the CommitLog; 0 = refused
        std::vector<bool> isTaken;   ///< acknowledged at least for as long as the machine lives
        int tableVersion = 0;        ///< of the table, saved
        bool mayHaveNextTable = false;
        std::int64_t agedEnd = 0; ///< CommitLog offset before which files may be deleted
    };

    /// Runs it to the end. Empty, or what broke a rule while running.
    std::string run();
    [[nodiscard]] MemoryFileSystem& files() { return *m_files; }
    [[nodiscard]] const Promise& promise() const { return m_promise; }
    [[nodiscard]] const StoreConfig& config() const { return m_config; }
    /// Called between two actions, too; appends are seen by no call of the file system.
    void setOnAction(std::function<void()> onAction) { m_onAction = std::move(onAction); }
    /// Opens a copy of what a crash left, twice, and compares it with the promise. Empty, or what is wrong.
    static std::string judge(std::unique_ptr<MemoryFileSystem> left, const StoreConfig& config, const Promise& promise,
                             std::int64_t nowMs, bool isPowerCut);
    [[nodiscard]] std::int64_t nowMs() { return m_clock.wallMs(); }

private:
    void runByHand();
    void runByDice();
    bool open();
    void put(int count, const std::string& topic);
    void step(MessageStore::Worker worker);
    void note();
    void saveTable();
    void closeAndReopen();
    void age();
    void fail(std::string what);
    void checkReading();

    const std::uint64_t m_script;
    ManualClock m_clock;
    StoreConfig m_config;
    std::unique_ptr<MemoryFileSystem> m_files;
    std::unique_ptr<MessageStore> m_store;
    Promise m_promise;
    bool m_isPoisoned = false;
    std::string m_problem;
    std::function<void()> m_onAction;
};

struct TraceAmounts
{
    std::uint64_t states = 0;  ///< found
    std::uint64_t checked = 0; ///< looked at
};

/// Power cuts before every call and after every action of the trace: every prefix of the names, and every subset of the
/// sectors and lengths that are not durable if there are up to 8 of them, else all prefixes, each alone, each missing.
/// Looks at about `statesMax` different ones, spread evenly. Empty, or what is wrong.
std::string enumerateCrashPoints(FlushMode mode, std::uint64_t script, std::uint64_t statesMax, TraceAmounts& amounts);

/// Runs the trace once for each of its calls of each kind and each error, which hits that call (`isLasting`: and all
/// after it), and looks at what a kill and a power cut then leave. Every `stride`-th call.
std::string failEveryCall(FlushMode mode, bool isLasting, std::uint64_t stride, TraceAmounts& amounts);

/// The same with the calls of a start after a crash, reading above all: it works, or it is refused and the next one
/// without the failure finds everything.
std::string failEveryCallOfAStart(TraceAmounts& amounts);

} // namespace gantry::test
