// The draft is kept on the server a moment after each change; submitting sends the whole answer once.

const WAIT = 700; // milliseconds
const AGAIN = 4000;
const headers = () => ({ "content-type": "application/json", ...JSON.parse(document.body.getAttribute("hx-headers")) });

export class Saving {
  constructor(told, results, say) {
    Object.assign(this, { told, results, say });
    this.timer = 0;
    this.kept = "";
  }

  later(wait = WAIT) {
    clearTimeout(this.timer);
    this.say("saving …");
    this.timer = setTimeout(() => this.save(), wait);
  }

  async save(leaving = false) {
    clearTimeout(this.timer);
    this.timer = 0;
    const body = JSON.stringify({ result: this.results() });
    const answer = await this.#send("PUT", this.told.draftUrl, body, leaving && body.length < 60_000);
    if (answer?.ok) this.say("kept");
    else if (answer && answer.status < 500) this.say((await answer.json()).detail, true);
    else {
      this.say("not kept: the server does not answer; trying again", true);
      this.later(AGAIN);
    }
  }

  get waits() {
    return this.timer !== 0;
  }

  // The server's answer, or null when there was none.
  async submit(more) {
    clearTimeout(this.timer);
    this.timer = 0;
    return this.#send("POST", this.told.submitUrl, JSON.stringify({ lease_token: this.told.token, ...more }), false);
  }

  async #send(method, address, body, keepalive) {
    try {
      return await fetch(address, { method, headers: headers(), body, keepalive });
    } catch {
      return null;
    }
  }
}
