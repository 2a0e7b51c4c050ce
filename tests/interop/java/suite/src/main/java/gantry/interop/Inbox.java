// SPDX-License-Identifier: GPL-3.0-or-later
package gantry.interop;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.common.message.MessageExt;

/** Collects what a consumer got. The text of the body is the identity of a message. */
final class Inbox {
    private final List<MessageExt> list = new ArrayList<>();
    private final Map<String, Integer> times = new HashMap<>();
    private final Map<String, Long> arrival = new HashMap<>();

    synchronized void add(MessageExt m) {
        list.add(m);
        String id = Ctx.text(m);
        times.merge(id, 1, Integer::sum);
        arrival.putIfAbsent(id, System.currentTimeMillis());
    }

    MessageListenerConcurrently concurrently() {
        return (msgs, context) -> {
            msgs.forEach(this::add);
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        };
    }

    MessageListenerOrderly orderly() {
        return (msgs, context) -> {
            msgs.forEach(this::add);
            return ConsumeOrderlyStatus.SUCCESS;
        };
    }

    synchronized List<MessageExt> all() {
        return new ArrayList<>(list);
    }

    synchronized int size() {
        return list.size();
    }

    /** Number of different messages. */
    synchronized int distinct() {
        return times.size();
    }

    synchronized int duplicates() {
        return list.size() - times.size();
    }

    synchronized long arrived(String id) {
        return arrival.getOrDefault(id, 0L);
    }

    synchronized Set<String> ids() {
        return new TreeSet<>(times.keySet());
    }

    /** Waits for all expected messages, then a moment longer for messages too many. */
    void expect(Collection<String> expected, int seconds) throws Exception {
        Set<String> want = new TreeSet<>(expected);
        Ctx.await(seconds, () -> describe(want), () -> ids().containsAll(want));
        Thread.sleep(300);
        Set<String> more = ids();
        more.removeAll(want);
        Ctx.check(more.isEmpty(), more.size() + " unexpected messages: " + few(more));
    }

    void expectOnce(Collection<String> expected, int seconds) throws Exception {
        expect(expected, seconds);
        Ctx.equal(0, duplicates(), "messages delivered again");
    }

    private String describe(Set<String> want) {
        Set<String> missing = new TreeSet<>(want);
        missing.removeAll(ids());
        Set<String> more = ids();
        more.removeAll(want);
        return missing.size() + " of " + want.size() + " messages are missing: " + few(missing)
                + (more.isEmpty() ? "" : "; unexpected: " + few(more));
    }

    static String few(Collection<String> c) {
        List<String> l = new ArrayList<>(c);
        return l.size() <= 6 ? l.toString() : l.subList(0, 6) + " ...";
    }
}
