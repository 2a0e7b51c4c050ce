// SPDX-License-Identifier: GPL-3.0-or-later
package gantry.interop;

import static gantry.interop.Ctx.await;
import static gantry.interop.Ctx.check;
import static gantry.interop.Ctx.equal;
import static gantry.interop.Ctx.msg;
import static gantry.interop.Ctx.text;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.remoting.netty.NettyRequestProcessor;
import org.apache.rocketmq.remoting.protocol.RemotingCommand;

final class FlowCases {
    static void register() {
        Main.add("ten_thousand", 120, FlowCases::tenThousand);
        Main.add("rebalance_2_then_3", 90, FlowCases::rebalance);
        Main.add("rebalance_orderly", 90, FlowCases::rebalanceOrderly);
        Main.add("notify_consumer_ids_changed", 40, FlowCases::notified);
        Main.add("offsets_survive_restart", 60, FlowCases::restart);
        Main.add("unacked_come_again", 60, FlowCases::unacked);
    }

    static void tenThousand(Ctx t) throws Exception {
        int senders = 4;
        int each = 2500;
        int queues = 8;
        String topic = t.topic(queues);
        DefaultMQProducer p = t.producer();
        Inbox in = new Inbox();
        List<MessageExt> order = Collections.synchronizedList(new ArrayList<>());
        var c = t.push(t.group());
        c.setConsumeMessageBatchMaxSize(16);
        c.subscribe(topic, "*");
        c.registerMessageListener((MessageListenerOrderly) (msgs, context) -> {
            for (MessageExt m : msgs) {
                in.add(m);
                order.add(m);
            }
            return ConsumeOrderlyStatus.SUCCESS;
        });
        c.start();
        Set<String> want = ConcurrentHashMap.newKeySet();
        AtomicReference<Throwable> error = new AtomicReference<>();
        List<Thread> threads = new ArrayList<>();
        long begin = System.nanoTime();
        for (int s = 0; s < senders; s++) {
            int sender = s;
            Thread th = new Thread(() -> {
                try {
                    for (int i = 0; i < each; i++) {
                        String id = sender + ":" + i;
                        t.sent(p.send(msg(topic, "K", "", id), SendCases.BY_NUMBER, i));
                        want.add(id);
                    }
                } catch (Throwable e) {
                    error.compareAndSet(null, e);
                }
            });
            th.start();
            threads.add(th);
        }
        for (Thread th : threads) {
            th.join();
        }
        double sending = (System.nanoTime() - begin) / 1e9;
        if (error.get() != null) {
            throw new AssertionError("a sender failed: " + error.get(), error.get());
        }
        equal(senders * each, want.size(), "messages sent");
        await(60, () -> "got only " + in.distinct() + " of " + want.size(), () -> in.distinct() >= want.size());
        in.expectOnce(want, 5);
        Map<String, Integer> last = new HashMap<>();
        Map<Integer, Long> offset = new HashMap<>();
        for (MessageExt m : order) {
            String[] s = text(m).split(":");
            int n = Integer.parseInt(s[1]);
            equal(n % queues, m.getQueueId(), "queue of " + text(m));
            String key = m.getQueueId() + "/" + s[0];
            check(last.getOrDefault(key, n - queues) == n - queues, "queue " + m.getQueueId() + " sender " + s[0] + ": " + n + " after " + last.get(key));
            last.put(key, n);
            equal(offset.getOrDefault(m.getQueueId(), -1L) + 1, m.getQueueOffset(), "queue offset in queue " + m.getQueueId());
            offset.put(m.getQueueId(), m.getQueueOffset());
        }
        t.note(String.format("sent in %.1f s", sending));
    }

    private static Set<MessageQueue> owned(DefaultMQPushConsumer c, String topic) {
        Set<MessageQueue> s = new TreeSet<>();
        for (Object o : c.getDefaultMQPushConsumerImpl().getRebalanceImpl().getProcessQueueTable().keySet()) {
            MessageQueue q = (MessageQueue) o;
            if (q.getTopic().equals(topic)) {
                s.add(q);
            }
        }
        return s;
    }

    private static List<Integer> shares(List<DefaultMQPushConsumer> l, String topic) {
        List<Integer> n = new ArrayList<>();
        Set<MessageQueue> all = new TreeSet<>();
        for (DefaultMQPushConsumer c : l) {
            Set<MessageQueue> s = owned(c, topic);
            n.add(s.size());
            all.addAll(s);
        }
        Collections.sort(n);
        n.add(0, all.size());
        return n;
    }

    static void rebalance(Ctx t) throws Exception {
        String topic = t.topic(6);
        DefaultMQProducer p = t.producer();
        Inbox in = new Inbox();
        List<DefaultMQPushConsumer> l = new ArrayList<>();
        List<String> want = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            l.add(member(t, topic, in));
        }
        // First number: different queues owned in all; then the sorted shares.
        await(30, () -> "shares of two " + shares(l, topic), () -> shares(l, topic).equals(List.of(6, 3, 3)));
        want.addAll(ConsumeCases.sendMany(t, p, topic, "two-", 120));
        in.expect(want, 30);
        long begin = System.currentTimeMillis();
        l.add(member(t, topic, in));
        await(30, () -> "shares of three " + shares(l, topic), () -> shares(l, topic).equals(List.of(6, 2, 2, 2)));
        t.note("third joined in " + (System.currentTimeMillis() - begin) + " ms");
        want.addAll(ConsumeCases.sendMany(t, p, topic, "three-", 120));
        in.expect(want, 30);
        begin = System.currentTimeMillis();
        l.remove(0).shutdown();
        await(30, () -> "shares after one left " + shares(l, topic), () -> shares(l, topic).equals(List.of(6, 3, 3)));
        t.note("left in " + (System.currentTimeMillis() - begin) + " ms");
        want.addAll(ConsumeCases.sendMany(t, p, topic, "left-", 120));
        in.expect(want, 30);
        t.note(in.duplicates() + " repeats");
        check(in.duplicates() <= 20, in.duplicates() + " messages came twice");
    }

    private static DefaultMQPushConsumer member(Ctx t, String topic, Inbox in) throws Exception {
        var c = t.push(t.group());
        c.subscribe(topic, "*");
        c.registerMessageListener(in.concurrently());
        c.start();
        return c;
    }

    /** Locks: at no time two members work on one queue, and order holds over the change of hands. */
    static void rebalanceOrderly(Ctx t) throws Exception {
        String topic = t.topic(4);
        DefaultMQProducer p = t.producer();
        Map<Integer, AtomicInteger> busy = new ConcurrentHashMap<>();
        Map<Integer, List<Integer>> seen = new ConcurrentHashMap<>();
        List<String> errors = new CopyOnWriteArrayList<>();
        List<DefaultMQPushConsumer> l = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            var c = t.push(t.group());
            c.subscribe(topic, "*");
            c.registerMessageListener((MessageListenerOrderly) (msgs, context) -> {
                int q = msgs.get(0).getQueueId();
                AtomicInteger b = busy.computeIfAbsent(q, k -> new AtomicInteger());
                if (b.incrementAndGet() != 1) {
                    errors.add("two members at queue " + q);
                }
                try {
                    Thread.sleep(2);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                seen.computeIfAbsent(q, k -> new CopyOnWriteArrayList<>()).add(Integer.parseInt(text(msgs.get(0))));
                b.decrementAndGet();
                return ConsumeOrderlyStatus.SUCCESS;
            });
            l.add(c);
        }
        l.get(0).start();
        for (int i = 0; i < 400; i++) {
            if (i == 150) {
                l.get(1).start();
            }
            t.sent(p.send(msg(topic, "", "", "" + i / 4), SendCases.BY_NUMBER, i % 4));
            Thread.sleep(3);
        }
        await(50, () -> "not all arrived: " + seen, () -> {
            for (int q = 0; q < 4; q++) {
                if (seen.getOrDefault(q, List.of()).stream().distinct().count() < 100) {
                    return false;
                }
            }
            return true;
        });
        await(30, () -> "shares of two " + shares(l, topic), () -> shares(l, topic).equals(List.of(4, 2, 2)));
        check(errors.isEmpty(), errors.toString());
        int repeats = 0;
        for (int q = 0; q < 4; q++) {
            int max = -1;
            for (int n : seen.get(q)) {
                check(n <= max + 1, "queue " + q + ": " + n + " after " + max);
                repeats += n <= max ? 1 : 0;
                max = Math.max(max, n);
            }
        }
        t.note(repeats + " repeats");
    }

    /** The broker tells living members of a group when one joins or leaves (code 40). */
    static void notified(Ctx t) throws Exception {
        String topic = t.topic(2);
        var a = member(t, topic, new Inbox());
        List<String> told = new CopyOnWriteArrayList<>();
        NettyRequestProcessor hook = new NettyRequestProcessor() {
            @Override
            public RemotingCommand processRequest(io.netty.channel.ChannelHandlerContext ctx, RemotingCommand request) {
                told.add(request.getExtFields().get("consumerGroup") + (request.isOnewayRPC() ? "" : " (not one-way)"));
                return null;
            }

            @Override
            public boolean rejectRequest() {
                return false;
            }
        };
        a.getDefaultMQPushConsumerImpl().getmQClientFactory().getMQClientAPIImpl().getRemotingClient()
                .registerProcessor(40, hook, null);
        Thread.sleep(1000); // the notice of its own joining may still be under way
        told.clear();
        var b = member(t, topic, new Inbox());
        await(10, () -> "no notice when a member joined", () -> !told.isEmpty());
        equal(t.group(), told.get(0), "group of the notice");
        Thread.sleep(1000);
        told.clear();
        b.shutdown();
        await(10, () -> "no notice when a member left", () -> !told.isEmpty());
    }

    static void restart(Ctx t) throws Exception {
        String topic = t.topic(4);
        DefaultMQProducer p = t.producer();
        Inbox first = new Inbox();
        var c = member(t, topic, first);
        first.expectOnce(ConsumeCases.sendMany(t, p, topic, "before", 50), 20);
        Thread.sleep(500);
        c.shutdown();
        List<String> want = ConsumeCases.sendMany(t, p, topic, "while-away", 30);
        Inbox second = new Inbox();
        member(t, topic, second);
        second.expectOnce(want, 20);
        Thread.sleep(1500);
        equal(30, second.size(), "messages after the restart");
        equal(50, first.size(), "messages of the first consumer");
    }

    static void unacked(Ctx t) throws Exception {
        String topic = t.topic(1);
        DefaultMQProducer p = t.producer();
        for (int i = 0; i < 50; i++) {
            t.send(p, msg(topic, "", "", "m" + i));
        }
        List<String> first = new CopyOnWriteArrayList<>();
        var c = t.push(t.group());
        c.subscribe(topic, "*");
        c.registerMessageListener((MessageListenerOrderly) (msgs, context) -> {
            if (first.size() >= 20) {
                return ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT;
            }
            first.add(text(msgs.get(0)));
            return ConsumeOrderlyStatus.SUCCESS;
        });
        c.start();
        await(20, () -> "only " + first.size() + " of 20", () -> first.size() >= 20);
        Thread.sleep(300);
        c.shutdown();
        List<String> second = new CopyOnWriteArrayList<>();
        var again = t.push(t.group());
        again.subscribe(topic, "*");
        again.registerMessageListener((MessageListenerOrderly) (msgs, context) -> {
            msgs.forEach(m -> second.add(text(m)));
            return ConsumeOrderlyStatus.SUCCESS;
        });
        again.start();
        await(40, () -> "only " + second.size() + " of 30 came again", () -> second.size() >= 30);
        Thread.sleep(500);
        for (int i = 0; i < 30; i++) {
            equal("m" + (20 + i), second.get(i), "message " + i + " after the restart");
        }
        equal(30, second.size(), "messages after the restart");
    }

    private FlowCases() { }
}
