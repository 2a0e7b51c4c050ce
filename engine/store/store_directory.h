// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "base/file_system.h"
#include "store/consume_queue_listing.h"
#include "store/store_config.h"

#include <memory>

namespace gantry {

/// The store's directory as a whole: whether it may be opened, the lock, the abort file.
class StoreDirectory
{
public:
    StoreDirectory(FileSystem& files, const StoreConfig& config, bool mayUseThreads);

    /// Locks the directory and looks at every name and length in it. Refuses without having created
    /// anything but, in a directory that never held a store, nothing at all.
    Result<> claim();
    /// What claim() saw below consumequeue/; to be asked for once.
    [[nodiscard]] ConsumeQueueListing takeListing() { return std::move(m_listing); }
    void release() { m_lock.reset(); }

    [[nodiscard]] bool hasAbortFile() const;
    /// `isPoisoned`: with the mark that hasPoisonMark() finds.
    Result<> createAbortFile(bool isPoisoned);
    /// Whether the process before ended poisoned. The mark is written without a sync: it is for the next process, and
    /// where the machine restarted there are no pages left to mistrust.
    [[nodiscard]] bool hasPoisonMark();
    void markPoisoned();
    Result<> removeAbortFile();

    [[nodiscard]] std::filesystem::path commitLog() const;
    [[nodiscard]] std::filesystem::path consumeQueue() const;
    [[nodiscard]] std::filesystem::path index() const;
    [[nodiscard]] std::filesystem::path checkpoint() const;

private:
    [[nodiscard]] std::filesystem::path abort() const;
    [[nodiscard]] std::filesystem::path lockFile() const;
    Result<> createDurably(const std::filesystem::path& directory);
    Result<> validate();
    Result<> validateCommitLog() const;
    Result<> validateConsumeQueues();
    Result<> validateIndex() const;
    Result<> validateConfigTables() const;
    Result<> validateLengths(std::string_view directory, const std::vector<DirectoryEntry>& entries,
                             std::int64_t fileSize, const char* setting, bool mayBeEmpty) const;

    FileSystem& m_files;
    const StoreConfig& m_config;
    const bool m_mayUseThreads;
    ConsumeQueueListing m_listing;
    std::unique_ptr<FileLock> m_lock;
};

} // namespace gantry
