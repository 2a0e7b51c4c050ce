// SPDX-License-Identifier: GPL-3.0-or-later
// A program of its own: it stands in the way of a call of the system.
#include "remoting/event_loop_impl.h"

#include <QTest>

#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <iterator>
#include <system_error>

namespace {

bool watchesNothing = false;

std::ptrdiff_t openDescriptors()
{
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator{});
}

} // namespace

/// Instead of the library's: a user may watch only so many descriptors (fs.epoll.max_user_watches).
extern "C" int epoll_ctl(int epoll, int operation, int descriptor, epoll_event* event) noexcept
{
    if (watchesNothing) {
        errno = ENOSPC;
        return -1;
    }
    return static_cast<int>(::syscall(SYS_epoll_ctl, epoll, operation, descriptor, event));
}

using namespace gantry;

class TstEventLoop : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void leavesNothingOpenWhenItCannotBeMade();
};

void TstEventLoop::leavesNothingOpenWhenItCannotBeMade()
{
    const auto before = openDescriptors();
    int failed = 0;
    watchesNothing = true;
    for (int i = 0; i < 10; ++i) {
        try {
            const EventLoopImpl loop(0);
        } catch (const std::system_error& error) {
            failed += error.code().value() == ENOSPC ? 1 : 0;
        }
    }
    watchesNothing = false;
    QCOMPARE(failed, 10);
    QCOMPARE(openDescriptors(), before);
    {
        const EventLoopImpl loop(0);
        QVERIFY(openDescriptors() > before);
    }
    QCOMPARE(openDescriptors(), before);
}

QTEST_APPLESS_MAIN(TstEventLoop)
#include "tst_event_loop.moc"
