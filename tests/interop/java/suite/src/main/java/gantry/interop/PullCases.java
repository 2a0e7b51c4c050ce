// SPDX-License-Identifier: GPL-3.0-or-later
package gantry.interop;

import static gantry.interop.Ctx.await;
import static gantry.interop.Ctx.check;
import static gantry.interop.Ctx.equal;
import static gantry.interop.Ctx.msg;
import static gantry.interop.Ctx.text;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import org.apache.rocketmq.client.consumer.DefaultLitePullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.PullResult;
import org.apache.rocketmq.client.consumer.PullStatus;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

final class PullCases {
    static void register() {
        Main.add("lite_pull_assign_seek", 40, PullCases::assignSeek);
        Main.add("lite_pull_subscribe", 40, PullCases::subscribe);
        Main.add("pull_statuses", 40, PullCases::statuses);
        Main.add("consume_from_timestamp", 40, PullCases::fromTimestamp);
    }

    private static List<String> poll(DefaultLitePullConsumer c, int n, int seconds) throws Exception {
        List<String> got = new ArrayList<>();
        long end = System.currentTimeMillis() + seconds * 1000L;
        while (got.size() < n && System.currentTimeMillis() < end) {
            for (MessageExt m : c.poll(500)) {
                got.add(text(m));
            }
        }
        for (MessageExt m : c.poll(300)) {
            got.add(text(m));
        }
        return got;
    }

    static void assignSeek(Ctx t) throws Exception {
        String topic = t.topic(2);
        String group = t.group();
        DefaultMQProducer p = t.producer();
        for (int i = 0; i < 40; i++) {
            t.sent(p.send(msg(topic, "L", "", i % 2 + "/" + i / 2), SendCases.BY_NUMBER, i % 2));
        }
        t.readAll(topic, 40);
        DefaultLitePullConsumer c = t.lite(group);
        c.setAutoCommit(false);
        c.start();
        Collection<MessageQueue> queues = c.fetchMessageQueues(topic);
        equal(2, queues.size(), "queues");
        MessageQueue q1 = queues.stream().filter(q -> q.getQueueId() == 1).findFirst().orElseThrow();
        c.assign(List.of(q1));
        // The queue is read out first, so that the pull that seek() interrupts is one the broker
        // holds: a seek beside an answer that has just come may still hand that answer out.
        List<String> got = poll(c, 20, 15);
        equal(20, got.size(), "messages from the begin");
        c.seek(q1, 15);
        got = poll(c, 5, 15);
        equal(List.of("1/15", "1/16", "1/17", "1/18", "1/19"), got, "after seek to 15");
        c.seekToBegin(q1);
        got = poll(c, 20, 15);
        equal(20, got.size(), "messages after seek to the begin");
        equal("1/0", got.get(0), "first message after seek to the begin");
        c.commitSync();
        await(10, () -> "the committed offset did not become 20", () -> {
            Long o = c.committed(q1);
            return o != null && o == 20;
        });
        c.seekToEnd(q1);
        equal(List.of(), poll(c, 1, 2), "after seek to the end");
        t.sent(p.send(msg(topic, "L", "", "1/20"), SendCases.BY_NUMBER, 1));
        equal(List.of("1/20"), poll(c, 1, 10), "a new message");
    }

    static void subscribe(Ctx t) throws Exception {
        String topic = t.topic(4);
        String group = t.group();
        DefaultMQProducer p = t.producer();
        Set<String> want = new TreeSet<>(ConsumeCases.sendMany(t, p, topic, "s", 60));
        DefaultLitePullConsumer c = t.lite(group);
        c.setAutoCommitIntervalMillis(1000);
        c.subscribe(topic, "*");
        c.start();
        List<String> got = poll(c, 60, 25);
        equal(want, new TreeSet<>(got), "messages");
        equal(60, got.size(), "messages with repeats");
        c.poll(1500); // lets the auto commit run
        c.commitSync();
        Thread.sleep(500);
        c.shutdown();
        Set<String> more = new TreeSet<>(ConsumeCases.sendMany(t, p, topic, "more", 10));
        DefaultLitePullConsumer again = t.lite(group);
        again.subscribe(topic, "*");
        again.start();
        got = poll(again, 10, 25);
        equal(more, new TreeSet<>(got), "messages after a restart");
    }

    static void statuses(Ctx t) throws Exception {
        String topic = t.topic(1);
        DefaultMQProducer p = t.producer();
        DefaultMQPullConsumer r = t.reader();
        MessageQueue q = r.fetchSubscribeMessageQueues(topic).iterator().next();
        equal(0L, r.minOffset(q), "min offset of an empty queue");
        equal(0L, r.maxOffset(q), "max offset of an empty queue");
        PullResult e = r.pull(q, "*", 0, 32);
        equal(PullStatus.NO_NEW_MSG, e.getPullStatus(), "pull of an empty queue");
        ConsumeCases.sendMany(t, p, topic, "x", 6);
        await(5, () -> "the max offset did not become 6", () -> r.maxOffset(q) == 6);
        PullResult f = r.pull(q, "*", 2, 3);
        equal(PullStatus.FOUND, f.getPullStatus(), "pull at 2");
        equal(3, f.getMsgFoundList().size(), "messages of a pull for 3");
        equal(5L, f.getNextBeginOffset(), "next offset");
        equal(0L, f.getMinOffset(), "min offset of the answer");
        equal(6L, f.getMaxOffset(), "max offset of the answer");
        equal("x2", text(f.getMsgFoundList().get(0)), "first message");
        PullResult end = r.pull(q, "*", 6, 32);
        equal(PullStatus.NO_NEW_MSG, end.getPullStatus(), "pull at the end");
        equal(6L, end.getNextBeginOffset(), "next offset at the end");
        PullResult far = r.pull(q, "*", 1000, 32);
        equal(PullStatus.OFFSET_ILLEGAL, far.getPullStatus(), "pull far behind the end");
        equal(6L, far.getNextBeginOffset(), "next offset of a pull far behind the end");
        PullResult none = r.pull(q, "NoSuchTag", 0, 32);
        equal(PullStatus.NO_MATCHED_MSG, none.getPullStatus(), "pull with a tag that never came");
        check(none.getNextBeginOffset() == 6L, "next offset after a filter: " + none.getNextBeginOffset());
        PullResult tag = r.pull(q, "T1", 0, 32);
        equal(2, tag.getMsgFoundList().size(), "messages with the tag");
        r.updateConsumeOffset(q, 4);
        r.getDefaultMQPullConsumerImpl().getOffsetStore().persist(q);
        await(10, () -> "the offset 4 was not stored", () -> r.fetchConsumeOffset(q, true) == 4);
        // Blocked pull: no message, the broker holds it for its time and answers then.
        long begin = System.currentTimeMillis();
        r.setBrokerSuspendMaxTimeMillis(2000);
        PullResult blocked = r.pullBlockIfNotFound(q, "*", 6, 32);
        long took = System.currentTimeMillis() - begin;
        equal(PullStatus.NO_NEW_MSG, blocked.getPullStatus(), "held pull");
        check(took >= 1500, "the broker answered a pull it should hold after " + took + " ms");
        t.note("held pull answered after " + took + " ms");
    }

    static void fromTimestamp(Ctx t) throws Exception {
        String topic = t.topic(2);
        DefaultMQProducer p = t.producer();
        List<String> old = new ArrayList<>();
        List<String> young = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            t.sent(p.send(msg(topic, "", "", "old" + i), SendCases.BY_NUMBER, i % 2));
            old.add("old" + i);
        }
        Thread.sleep(1100);
        long between = System.currentTimeMillis();
        Thread.sleep(1100);
        for (int i = 0; i < 20; i++) {
            t.sent(p.send(msg(topic, "", "", "young" + i), SendCases.BY_NUMBER, i % 2));
            young.add("young" + i);
        }
        DefaultLitePullConsumer c = t.lite(t.group("_lite"));
        c.start();
        Collection<MessageQueue> queues = c.fetchMessageQueues(topic);
        c.assign(queues);
        t.readAll(topic, 40);
        for (MessageQueue q : queues) {
            equal(10L, (long) c.offsetForTimestamp(q, between), "offset for the time between, queue " + q.getQueueId());
            equal(0L, (long) c.offsetForTimestamp(q, 0L), "offset for time 0");
            equal(20L, (long) c.offsetForTimestamp(q, System.currentTimeMillis() + 60_000), "offset for the future");
            c.seek(q, c.offsetForTimestamp(q, between));
        }
        equal(new TreeSet<>(young), new TreeSet<>(poll(c, 20, 20)), "messages from the time on");

        // A group without stored offset on a young queue: the broker answers offset 0 to the
        // offset query, so a push consumer starts at the first message whatever it asks for.
        Inbox in = new Inbox();
        var push = t.push(t.group("_push"));
        push.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_TIMESTAMP);
        push.setConsumeTimestamp(new java.text.SimpleDateFormat("yyyyMMddHHmmss").format(between));
        push.subscribe(topic, "*");
        push.registerMessageListener(in.concurrently());
        push.start();
        List<String> all = new ArrayList<>(old);
        all.addAll(young);
        in.expectOnce(all, 20);
    }

    private PullCases() { }
}
