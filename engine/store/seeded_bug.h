// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace gantry {

/// Mistakes that somebody could make in the store, to prove that the tests would notice. They exist only in the copy of
/// the library that tests/engine/store builds with GANTRY_SEEDED_BUGS; everywhere else planted() is a constant and
/// nothing is left of them in the program.
enum class SeededBug {
    None,
    DropLogSync,
    IgnoreLogSyncError,
    AckBeforeFlush,
    AckBeforeWrite,
    PoisonForgotten,
    RollLeavesNoRoom,
    RollWithoutBlank,
    NewFileNameNotSynced,
    ShowUnflushed,
    QueueSyncDropped,
    QueueNameNotSynced,
    IndexSyncDropped,
    CheckpointAhead,
    CheckpointTimesOnly,
    NoAbortFile,
    AbortRemovedAfterFailure,
    CloseWithoutFlush,
    RecoverySkipsCrc,
    ReadSkipsCrc,
    DamageEndsLog,
    TailNotZeroed,
    RecoveredNotSynced,
    QueuesNotTruncated,
    CountersBehind,
    IndexNotForgotten,
    DiskFullForever,
    ExpiryTrustsWallClock,
    WrittenInThePastIsOld,
    UnreadableIsDamage,
    DirectoryNotSynced,
    IndexNameNotSynced,
    PoisonMarkForgotten,
    ZerosOverRecords,
    QueuesKeepDeletedMessages,
    Count
};

#ifdef GANTRY_SEEDED_BUGS
SeededBug& plantedBug();
inline bool planted(SeededBug bug)
{
    return plantedBug() == bug;
}
#else
constexpr bool planted(SeededBug /*bug*/)
{
    return false;
}
#endif

} // namespace gantry
