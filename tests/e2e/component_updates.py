#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The longest thing that a client does with the component: the bytes of an update, chunk by chunk. What is left of it when a
chunk is cancelled, and when the client gives up or is gone between two chunks.

usage: component_updates.py BIN
"""
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import cbor2

from tps_component import CANCEL, SUCCESS, USER, Client, child_of

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "conformance"))
import component_client as maker  # noqa: E402

BIN = ""
UPDATE = bytes.fromhex(maker.SERVICES["update"])
BEGIN, CHUNK, FINISH, STAGE, STAGED, GIVE_UP = 11, 12, 13, 14, 15, 16
BUSY, ORDER, NOTHING = {2: 11}, {2: 12}, {2: 14}
PLACES = 2
IMAGE = bytes(range(250)) * 20
SIZE = 1000


def dumps(tag, body):
    return cbor2.dumps(cbor2.CBORTag(tag, body))


def chunk(at):
    return dumps(CHUNK, {1: at, 2: IMAGE[at:at + SIZE]})


class Agent(Client):
    """A client with one session of the update service."""

    def __init__(self, path):
        super().__init__(path, USER)
        self.session = self.open(UPDATE)[3]

    def queue(self, message):
        return self.send(5, self.session, 65536, message)

    def cancel(self, transaction):
        self.socket.send(cbor2.dumps([6, transaction]))

    def answer(self):
        """(result, the answer's map)"""
        _, result, _, body = self.receive()
        return result, cbor2.loads(body).value if result == SUCCESS else None

    def say(self, tag, body):
        self.queue(dumps(tag, body))
        return self.answer()[1]

    def put(self, at):
        self.queue(chunk(at))
        return self.answer()[1]

    def put_from(self, begin):
        return [self.put(at) for at in range(begin, len(IMAGE), SIZE)][-1] == {1: len(IMAGE)}


class Updates(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tps-updates-")
        os.chmod(self.folder.name, 0o755)
        acme = os.path.join(self.folder.name, "acme")
        self.device = maker.make_maker(os.path.join(BIN, "tps"), acme)
        image = os.path.join(self.folder.name, "better.bin")
        with open(image, "wb") as file:
            file.write(IMAGE)
        maker.run(os.path.join(BIN, "tps"), "factory", "release", acme, "--model", "bulb", "--version", "1.1.0", "--image", image)
        with open(os.path.join(acme, "releases", "bulb", "application-1.1.0.manifest"), "rb") as file:
            self.manifest = file.read()
        self.agents = []
        self.start()

    def tearDown(self):
        for agent in self.agents:
            agent.close()
        self.process.terminate()
        self.process.wait(20)
        self.folder.cleanup()

    def start(self):
        log = os.path.join(self.folder.name, "log")
        with open(log, "wb") as output:
            self.process = subprocess.Popen([os.path.join(BIN, "tps-boot"), "--device", self.device], stderr=output)
        for _ in range(1500):
            with open(log, "rb") as file:
                if b"ready on" in file.read():
                    return
            time.sleep(0.02)
        self.fail("the component did not start")

    def signal(self, number):
        os.kill(child_of(self.process.pid), number)

    def agent(self):
        self.agents.append(Agent(os.path.join(self.device, "component.sock")))
        return self.agents[-1]

    def begin(self, agent):
        return agent.say(BEGIN, {1: self.manifest})

    def begun(self):
        agent = self.agent()
        self.assertEqual(self.begin(agent)[1][2], "1.1.0")
        return agent

    def queued(self, agent, messages, cancelled):
        """The answers to messages of which one is cancelled while it waits."""
        self.signal(signal.SIGSTOP)
        transactions = [agent.queue(message) for message in messages]
        agent.cancel(transactions[cancelled])
        self.signal(signal.SIGCONT)
        return [agent.answer() for _ in messages]

    def assert_finishes(self, agent, begin):
        self.assertTrue(agent.put_from(begin))
        self.assertEqual(agent.say(FINISH, {})[1][2], "1.1.0")
        self.assertEqual(agent.say(STAGE, {})[1][2], "1.1.0")
        self.assertEqual([release[2] for release in agent.say(STAGED, {})[1]], ["1.1.0"])

    def test_a_chunk_that_was_cancelled_was_not_received_and_comes_again(self):
        agent = self.begun()
        answers = self.queued(agent, [chunk(0), chunk(1000)], 1)
        self.assertEqual(answers, [(SUCCESS, {1: 1000}), (CANCEL, None)])
        self.assertEqual(agent.put(2000), ORDER)
        self.assert_finishes(agent, 1000)

    def test_what_was_sent_behind_a_cancelled_chunk_is_out_of_order_and_changes_nothing(self):
        agent = self.begun()
        answers = self.queued(agent, [dumps(STAGED, {}), chunk(0), chunk(1000)], 1)
        self.assertEqual(answers[1:], [(CANCEL, None), (SUCCESS, ORDER)])
        self.assert_finishes(agent, 0)

    def test_after_a_cancel_the_image_can_be_given_up_and_its_place_is_another_s(self):
        agents = [self.begun() for _ in range(PLACES)]
        late = self.agent()
        self.assertEqual(self.queued(agents[0], [chunk(0), chunk(1000)], 1)[1], (CANCEL, None))
        self.assertEqual(self.begin(late), BUSY)
        self.assertEqual(agents[0].ask(4, agents[0].session)[1], SUCCESS)
        self.assertEqual(self.begin(late)[1][2], "1.1.0")
        self.assert_finishes(late, 0)

    def test_giving_up_what_is_staged_is_not_giving_up_what_is_under_way(self):
        agent = self.begun()
        self.assertEqual(agent.put(0), {1: 1000})
        self.assertEqual(agent.say(GIVE_UP, {1: "application"}), NOTHING)
        self.assert_finishes(agent, 1000)
        self.assertEqual(agent.say(GIVE_UP, {1: "application"}), {})
        self.assertEqual(agent.say(STAGED, {}), {1: []})

    def test_begin_anew_gives_up_what_came_before(self):
        agent = self.begun()
        self.assertEqual(agent.put(0), {1: 1000})
        self.assertEqual(self.begin(agent)[1][2], "1.1.0")
        self.assertEqual(agent.put(1000), ORDER)
        self.assert_finishes(agent, 0)

    def lose(self, agent):
        """The agent is gone; the place is free once the component has seen it."""
        agent.close()
        late = self.agent()
        for _ in range(500):
            answer = self.begin(late)
            if answer != BUSY:
                break
            time.sleep(0.01)
        self.assertEqual(answer[1][2], "1.1.0")
        return late

    def test_who_is_gone_between_two_chunks_leaves_its_place_to_others(self):
        agents = [self.begun() for _ in range(PLACES)]
        for agent in agents:
            self.assertEqual(agent.put(0), {1: 1000})
        self.assertEqual(self.begin(self.agent()), BUSY)
        late = self.lose(agents[0])
        self.assertEqual(late.put(1000), ORDER)  # nothing of the other's is in it
        self.assert_finishes(late, 0)
        self.assertEqual(agents[1].put(1000), {1: 2000})  # nor did anybody else notice

    def test_who_is_gone_with_chunks_on_their_way_leaves_its_place_to_others(self):
        agents = [self.begun() for _ in range(PLACES)]
        self.signal(signal.SIGSTOP)
        for at in range(0, 4000, SIZE):
            agents[0].queue(chunk(at))
        agents[0].close()
        self.signal(signal.SIGCONT)
        self.assert_finishes(self.lose(agents[0]), 0)
        self.assertEqual(agents[1].put(0), {1: 1000})


if __name__ == "__main__":
    BIN = os.path.abspath(sys.argv[1])
    unittest.main(argv=sys.argv[:1])
