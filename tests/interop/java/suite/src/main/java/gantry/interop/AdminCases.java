// SPDX-License-Identifier: GPL-3.0-or-later
package gantry.interop;

import static gantry.interop.Ctx.await;
import static gantry.interop.Ctx.check;
import static gantry.interop.Ctx.equal;
import static gantry.interop.Ctx.fail;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.TopicConfig;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.tools.command.topic.DeleteTopicSubCommand;

/** Calls of the admin library, as mqadmin and the dashboard make them. */
final class AdminCases {
    static void register() {
        Main.add("admin_cluster_and_topic", 40, AdminCases::clusterAndTopic);
        Main.add("admin_consumer_views", 40, AdminCases::consumerViews);
        Main.add("admin_group_config", 30, AdminCases::groupConfig);
        Main.add("admin_reset_offset", 60, AdminCases::resetOffset);
        Main.add("admin_delete_topic", 40, AdminCases::deleteTopic);
    }

    static void clusterAndTopic(Ctx t) throws Exception {
        String topic = t.topic(3);
        var info = Env.admin.examineBrokerClusterInfo();
        check(info.getClusterAddrTable().get(Env.cluster).contains(Env.brokerName), "cluster table " + info.getClusterAddrTable());
        check(Env.admin.fetchAllTopicList().getTopicList().contains(topic), "the topic is not in the list");
        DefaultMQProducer p = t.producer();
        ConsumeCases.sendMany(t, p, topic, "a", 9);
        t.readAll(topic, 9);
        long sum = 0;
        var stats = Env.admin.examineTopicStats(topic).getOffsetTable();
        equal(3, stats.size(), "queues in the topic's statistics");
        for (var o : stats.values()) {
            sum += o.getMaxOffset() - o.getMinOffset();
            check(o.getLastUpdateTimestamp() > 0, "no last update time");
        }
        equal(9L, sum, "messages by the topic's statistics");
        var table = Env.admin.fetchBrokerRuntimeStats(Env.broker).getTable();
        for (String key : List.of("brokerVersionDesc", "putTps", "msgPutTotalTodayNow", "commitLogMinOffset", "commitLogMaxOffset", "bootTimestamp")) {
            check(table.containsKey(key), "runtime statistics have no " + key);
        }
        var config = Env.admin.getBrokerConfig(Env.broker);
        equal(Env.brokerName, config.getProperty("brokerName"), "brokerName in the configuration");
        // More queues, then read-only.
        TopicConfig c = new TopicConfig(topic);
        c.setReadQueueNums(5);
        c.setWriteQueueNums(5);
        c.setPerm(4);
        Env.admin.createAndUpdateTopicConfig(Env.broker, c);
        await(10, () -> "the route did not change", () -> {
            var q = Env.admin.examineTopicRouteInfo(topic).getQueueDatas().get(0);
            return q.getReadQueueNums() == 5 && q.getPerm() == 4;
        });
        try {
            Env.admin.examineTopicRouteInfo(t.topic("_none"));
            fail("a route for a topic that is not there");
        } catch (MQClientException e) {
            equal(17, e.getResponseCode(), "response code for an unknown topic");
        }
    }

    static void consumerViews(Ctx t) throws Exception {
        String topic = t.topic(2);
        String group = t.group();
        DefaultMQProducer p = t.producer();
        List<String> want = ConsumeCases.sendMany(t, p, topic, "c", 20);
        Inbox in = new Inbox();
        var c = t.push(group);
        c.setPersistConsumerOffsetInterval(1000);
        c.subscribe(topic, "T0 || T1 || T2");
        c.registerMessageListener(in.concurrently());
        c.start();
        in.expectOnce(want, 20);
        var conn = Env.admin.examineConsumerConnectionInfo(group);
        equal(1, conn.getConnectionSet().size(), "connections of the group");
        var one = conn.getConnectionSet().iterator().next();
        check(one.getClientId().contains(c.getInstanceName()), "client id " + one.getClientId());
        equal("JAVA", one.getLanguage().name(), "language");
        equal("CONSUME_PASSIVELY", conn.getConsumeType().name(), "consume type");
        equal("CLUSTERING", conn.getMessageModel().name(), "message model");
        equal("CONSUME_FROM_FIRST_OFFSET", conn.getConsumeFromWhere().name(), "consume from where");
        var sub = conn.getSubscriptionTable().get(topic);
        check(sub != null, "the subscription is missing");
        equal(new TreeSet<>(List.of("T0", "T1", "T2")), new TreeSet<>(sub.getTagsSet()), "tags of the subscription");
        // A producer announces itself with its first heartbeat, not with its first message.
        await(15, () -> "the producer group has not one connection", () -> {
            try {
                return Env.admin.examineProducerConnectionInfo(p.getProducerGroup(), topic).getConnectionSet().size() == 1;
            } catch (org.apache.rocketmq.client.exception.MQBrokerException e) {
                return false;
            }
        });
        // The client stores its offsets for the first time ten seconds after its start.
        var running = Env.admin.getConsumerRunningInfo(group, one.getClientId(), false);
        check(running.getSubscriptionSet().stream().anyMatch(s -> s.getTopic().equals(topic)), "running info has no subscription");
        check(!running.getMqTable().isEmpty(), "running info has no queues");
        await(25, () -> "the difference did not become 0", () -> {
            var stats = Env.admin.examineConsumeStats(group, topic);
            return stats.getOffsetTable().size() == 2 && stats.computeTotalDiff() == 0;
        });
        try {
            Env.admin.examineConsumerConnectionInfo(t.group("_none"));
            fail("a connection list for a group that is not there");
        } catch (Exception e) {
            // Code 206 from the broker, or no route of the retry topic.
        }
    }

    static void groupConfig(Ctx t) throws Exception {
        String group = t.group();
        t.topic(1);
        var c = t.push(group);
        c.subscribe(t.topic(), "*");
        c.registerMessageListener(new Inbox().concurrently());
        c.start();
        await(10, () -> "the group did not appear", () -> Env.admin.examineSubscriptionGroupConfig(Env.broker, group) != null);
        var config = Env.admin.examineSubscriptionGroupConfig(Env.broker, group);
        equal(group, config.getGroupName(), "group name");
        equal(16, config.getRetryMaxTimes(), "retryMaxTimes");
        equal(1, config.getRetryQueueNums(), "retryQueueNums");
        config.setRetryMaxTimes(5);
        Env.admin.createAndUpdateSubscriptionGroupConfig(Env.broker, config);
        equal(5, Env.admin.examineSubscriptionGroupConfig(Env.broker, group).getRetryMaxTimes(), "retryMaxTimes after the change");
        check(Env.admin.fetchAllTopicList().getTopicList().contains("%RETRY%" + group), "no retry topic");
        c.shutdown();
        Env.admin.deleteSubscriptionGroup(Env.broker, group, true);
        await(10, () -> "the group is still there", () -> {
            try {
                return Env.admin.examineSubscriptionGroupConfig(Env.broker, group) == null;
            } catch (Exception e) {
                return true;
            }
        });
    }

    static void resetOffset(Ctx t) throws Exception {
        String topic = t.topic(2);
        String group = t.group();
        DefaultMQProducer p = t.producer();
        List<String> want = ConsumeCases.sendMany(t, p, topic, "r", 20);
        Inbox in = new Inbox();
        var c = t.push(group);
        c.subscribe(topic, "*");
        c.registerMessageListener(in.concurrently());
        c.start();
        in.expectOnce(want, 20);
        Thread.sleep(1000);
        var moved = Env.admin.resetOffsetByTimestamp(topic, group, 0, true);
        equal(2, moved.size(), "queues moved");
        for (var e : moved.entrySet()) {
            equal(0L, (long) e.getValue(), "new offset of " + ((MessageQueue) e.getKey()).getQueueId());
        }
        await(40, () -> "after the reset only " + in.duplicates() + " of 20 came again", () -> in.duplicates() >= 20);
        Thread.sleep(1000);
        equal(20, in.duplicates(), "messages that came again");
    }

    static void deleteTopic(Ctx t) throws Exception {
        String topic = t.topic(2);
        DefaultMQProducer p = t.producer();
        ConsumeCases.sendMany(t, p, topic, "d", 4);
        DeleteTopicSubCommand.deleteTopic(Env.admin, Env.cluster, topic);
        await(10, () -> "the topic is still in the list", () -> !new ArrayList<>(Env.admin.fetchAllTopicList().getTopicList()).contains(topic));
        Env.createTopic(topic, 1);
        equal(0, t.readAll(topic).size(), "messages after the topic was made anew");
    }

    private AdminCases() { }
}
