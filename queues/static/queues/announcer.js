// The announcements of a hall's screen: one by one, in order, each call once, none dropped.
// A call whose person is no longer called is passed over, on purpose.
const KNOWN_MOST = 400;

export class Announcer {
  // show(call) and say(call, left) announce; rest() when nobody is left; fresh() brings the
  // newest state before a call is judged, when what is known may be old.
  constructor({ last, say, show, rest, fresh }) {
    Object.assign(this, { last, say, show, rest, fresh });
    this.queue = [];
    this.known = new Set(); // a call is heard twice after a reconnect
    this.called = new Map();
    this.now = null;
    this.busy = false;
  }

  add(call) {
    if (this.known.has(call.id)) return;
    this.known.add(call.id);
    if (this.known.size > KNOWN_MOST) this.known.delete(this.known.values().next().value);
    this.last = Math.max(this.last, call.id);
    this.queue.push(call);
    this.queue.sort((a, b) => a.id - b.id); // calls may be heard in another order than made
  }

  // A supervisor listens whether it can be heard; it goes before the others.
  try(call) {
    this.queue.unshift({ ...call, id: 0, test: true });
    this.run();
  }

  // What each window calls now, from a full state.
  heed(state) {
    const called = state.windows.filter((one) => one.state === "called");
    this.called = new Map(called.map((one) => [one.number, one]));
    this.queue = this.queue.filter((call) => this.stands(call));
    this.run();
  }

  // The person is still called to that window, in this round or a later one.
  stands(call) {
    const now = this.called.get(call.number);
    return Boolean(call.test || (now && now.window === call.window && now.round >= call.round));
  }

  async run() {
    if (this.busy) return;
    this.busy = true;
    while (this.queue.length) {
      await this.fresh();
      this.now = this.queue.shift() ?? null;
      if (!this.now || !this.stands(this.now)) continue;
      this.show(this.now);
      await this.say(this.now, this.queue.length);
    }
    this.now = null;
    this.busy = false;
    this.rest();
  }
}
