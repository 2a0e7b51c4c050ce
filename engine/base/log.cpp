// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <memory>
#include <mutex>

namespace gantry::log {

namespace {

std::atomic<Level> currentLevel{Level::Info};

struct Sinks
{
    Sinks()
        : logger(std::make_shared<spdlog::logger>("gantry", std::make_shared<spdlog::sinks::stderr_color_sink_mt>()))
    {
        logger->set_level(spdlog::level::trace);
        logger->set_pattern("%Y-%m-%d %H:%M:%S.%e %^%l%$ %v");
        logger->flush_on(spdlog::level::warn);
    }
    std::mutex mutex;
    std::shared_ptr<spdlog::logger> logger;
    std::function<void(Level, std::string_view, std::string_view)> observer;
};

Sinks& sinks()
{
    static Sinks instance;
    return instance;
}

spdlog::level::level_enum toSpdlog(Level level)
{
    switch (level) {
    case Level::Debug: return spdlog::level::debug;
    case Level::Info: return spdlog::level::info;
    case Level::Warning: return spdlog::level::warn;
    case Level::Error: return spdlog::level::err;
    case Level::Off: break;
    }
    return spdlog::level::off;
}

} // namespace

void setLevel(Level level)
{
    currentLevel.store(level, std::memory_order_relaxed);
}

bool isEnabled(Level level)
{
    return level >= currentLevel.load(std::memory_order_relaxed);
}

void addRotatingFile(const std::string& path, std::size_t bytesMax, std::size_t fileCount)
{
    auto& all = sinks();
    const std::lock_guard guard(all.mutex);
    all.logger->sinks().push_back(std::make_shared<spdlog::sinks::rotating_file_sink_mt>(path, bytesMax, fileCount));
}

void setObserver(std::function<void(Level, std::string_view, std::string_view)> observer)
{
    auto& all = sinks();
    const std::lock_guard guard(all.mutex);
    all.observer = std::move(observer);
}

void write(Level level, std::string_view module, const std::string& text)
{
    auto& all = sinks();
    const std::lock_guard guard(all.mutex);
    all.logger->log(toSpdlog(level), "[{}] {}", module, text);
    if (all.observer) {
        all.observer(level, module, text);
    }
}

} // namespace gantry::log
