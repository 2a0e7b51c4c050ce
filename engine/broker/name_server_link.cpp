// SPDX-License-Identifier: Apache-2.0
#include "broker/name_server_link.h"

#include "base/crc32.h"
#include "base/log.h"
#include "protocol/bodies/register_broker_body.h"
#include "protocol/header_codec.h"
#include "protocol/headers/namesrv.h"
#include "remoting/remoting_client.h"

#include <condition_variable>
#include <mutex>

namespace gantry {

namespace {

constexpr std::chrono::milliseconds kUnregisterTimeout{1000};

/// Calls back when the last of its copies' users has released it.
using Completion = std::shared_ptr<void>;

Completion whenAllDone(std::function<void()> done)
{
    if (!done) {
        return nullptr;
    }
    return Completion(nullptr, [done = std::move(done)](void*) { done(); });
}

} // namespace

struct NameServerLink::Impl : std::enable_shared_from_this<NameServerLink::Impl>
{
    struct Peer
    {
        std::string address;
        bool isRegistered = false;
        bool isKnownDown = false;  ///< logged already
        bool isInFlight = false;
        bool isWantedAgain = false;
        std::vector<Completion> waiting; ///< for the registration after the one in flight
    };

    Impl(IoRuntime& ioRuntime, Options linkOptions, TableSource tableSource, BlockingRunner blockingRunner)
        : runtime(ioRuntime)
        , options(std::move(linkOptions))
        , table(std::move(tableSource))
        , blocking(std::move(blockingRunner))
        , client(ioRuntime, RemotingClient::Options{})
    {
        for (const auto& address : options.addresses) {
            peers.push_back(Peer{address, false, false, false, false, {}});
        }
    }

    void registerAll(const Completion& completion);
    void prepare(std::vector<std::size_t> indexes, Completion completion);
    [[nodiscard]] RemotingCommand makeRegistration() const;
    void send(std::size_t index, RemotingCommand request, Completion completion);
    void onAnswer(std::size_t index, const Result<RemotingCommand>& answer);
    void unregisterAll();

    IoRuntime& runtime;
    const Options options;
    const TableSource table;
    const BlockingRunner blocking;
    RemotingClient client;

    mutable std::mutex mutex; // guards what follows
    std::string brokerAddress;
    std::string haAddress;
    std::vector<Peer> peers;
    std::unique_ptr<Timer> timer;
    bool isStarted = false;
    bool isStopped = false;
};

void NameServerLink::Impl::registerAll(const Completion& completion)
{
    std::vector<std::size_t> indexes;
    {
        const std::scoped_lock guard(mutex);
        if (!isStarted || isStopped) {
            return;
        }
        for (std::size_t index = 0; index < peers.size(); ++index) {
            auto& peer = peers[index];
            if (peer.isInFlight) {
                peer.isWantedAgain = true;
                if (completion) {
                    peer.waiting.push_back(completion);
                }
            } else {
                peer.isInFlight = true;
                indexes.push_back(index);
            }
        }
    }
    if (!indexes.empty()) {
        prepare(std::move(indexes), completion);
    }
}

void NameServerLink::Impl::prepare(std::vector<std::size_t> indexes, Completion completion)
{
    const auto self = shared_from_this();
    const bool isRunning = blocking([self, indexes, completion] {
        const auto request = self->makeRegistration();
        for (const auto index : indexes) {
            self->send(index, request, completion);
        }
    });
    if (!isRunning) {
        const std::scoped_lock guard(mutex);
        for (const auto index : indexes) {
            peers[index].isInFlight = false;
        }
    }
}

RemotingCommand NameServerLink::Impl::makeRegistration() const
{
    RegisterBrokerBody body;
    body.topicTable = table();
    auto request = RemotingCommand::request(RequestCode::RegisterBroker);
    request.body = body.encode();
    RegisterBrokerHeader header;
    {
        const std::scoped_lock guard(mutex);
        header.brokerAddr = brokerAddress;
        header.haServerAddr = haAddress;
    }
    header.brokerName = options.brokerName;
    header.clusterName = options.clusterName;
    header.brokerId = options.brokerId;
    header.enableActingMaster = false;
    header.compressed = false;
    header.bodyCrc32 = storedCrc32(asBytes(request.body));
    encodeHeader(header, request.fields);
    return request;
}

void NameServerLink::Impl::send(std::size_t index, RemotingCommand request, Completion completion)
{
    std::string address;
    {
        const std::scoped_lock guard(mutex);
        if (isStopped) {
            return;
        }
        address = peers[index].address;
    }
    client.invokeAsync(address, std::move(request), options.timeout,
                       [self = shared_from_this(), index, completion](const Result<RemotingCommand>& answer) { self->onAnswer(index, answer); });
}

void NameServerLink::Impl::onAnswer(std::size_t index, const Result<RemotingCommand>& answer)
{
    const bool isRegistered = answer && answer->code == static_cast<std::int32_t>(ResponseCode::Success);
    std::vector<Completion> waiting;
    bool isWantedAgain = false;
    {
        const std::scoped_lock guard(mutex);
        auto& peer = peers[index];
        peer.isInFlight = false;
        peer.isRegistered = isRegistered;
        if (isStopped) {
            return;
        }
        if (isRegistered && peer.isKnownDown) {
            log::info("broker", "registered with NameServer {} again", peer.address);
        } else if (!isRegistered && !peer.isKnownDown) {
            log::warning("broker", "cannot register with NameServer {}: {}", peer.address,
                         answer ? remoteError(*answer, "REGISTER_BROKER").message : answer.error().message);
        }
        peer.isKnownDown = !isRegistered;
        isWantedAgain = std::exchange(peer.isWantedAgain, false);
        waiting.swap(peer.waiting);
        if (isWantedAgain) {
            peer.isInFlight = true;
        }
    }
    if (isWantedAgain) {
        prepare({index}, waiting.empty() ? nullptr : std::make_shared<std::vector<Completion>>(std::move(waiting)));
    }
}

void NameServerLink::Impl::unregisterAll()
{
    struct Waiting
    {
        std::mutex mutex;
        std::condition_variable changed;
        std::size_t open = 0;
    };
    const auto waiting = std::make_shared<Waiting>();
    std::vector<std::string> addresses;
    UnregisterBrokerHeader header;
    {
        const std::scoped_lock guard(mutex);
        for (const auto& peer : peers) {
            if (peer.isRegistered || peer.isInFlight) {
                addresses.push_back(peer.address);
            }
        }
        header = {options.brokerName, brokerAddress, options.clusterName, options.brokerId};
    }
    waiting->open = addresses.size();
    for (const auto& address : addresses) {
        auto request = RemotingCommand::request(RequestCode::UnregisterBroker);
        encodeHeader(header, request.fields);
        client.invokeAsync(address, std::move(request), kUnregisterTimeout, [waiting](const Result<RemotingCommand>&) {
            const std::scoped_lock guard(waiting->mutex);
            --waiting->open;
            waiting->changed.notify_all();
        });
    }
    std::unique_lock guard(waiting->mutex);
    waiting->changed.wait_for(guard, kUnregisterTimeout, [&] { return waiting->open == 0; });
}

NameServerLink::NameServerLink(IoRuntime& runtime, Options options, TableSource table, BlockingRunner blocking)
    : m_impl(std::make_shared<Impl>(runtime, std::move(options), std::move(table), std::move(blocking)))
{}

NameServerLink::~NameServerLink()
{
    stop();
}

void NameServerLink::start(std::string brokerAddress, std::string haAddress)
{
    {
        const std::scoped_lock guard(m_impl->mutex);
        m_impl->brokerAddress = std::move(brokerAddress);
        m_impl->haAddress = std::move(haAddress);
        m_impl->isStarted = true;
        if (!m_impl->peers.empty()) {
            m_impl->timer = m_impl->runtime.runEvery(m_impl->options.period, [weak = std::weak_ptr(m_impl)] {
                if (const auto impl = weak.lock()) {
                    impl->registerAll(nullptr);
                }
            });
        }
    }
    registerSoon();
}

void NameServerLink::registerSoon()
{
    m_impl->registerAll(nullptr);
}

void NameServerLink::registerAndThen(std::function<void()> done)
{
    m_impl->registerAll(whenAllDone(std::move(done)));
}

void NameServerLink::stop()
{
    std::unique_ptr<Timer> timer;
    {
        const std::scoped_lock guard(m_impl->mutex);
        if (m_impl->isStopped) {
            return;
        }
        m_impl->isStopped = true;
        timer = std::move(m_impl->timer);
    }
    timer.reset();
    m_impl->unregisterAll();
    m_impl->client.stop();
}

std::vector<std::pair<std::string, bool>> NameServerLink::states() const
{
    const std::scoped_lock guard(m_impl->mutex);
    std::vector<std::pair<std::string, bool>> result;
    for (const auto& peer : m_impl->peers) {
        result.emplace_back(peer.address, peer.isRegistered);
    }
    return result;
}

} // namespace gantry
