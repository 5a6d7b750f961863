/*
 * Calls behind HELLO, a WELCOME that gets lost, idempotency keys, and two clients at one server
 * (PROTOCOL.md: States of a connection, HELLO, WELCOME, the idempotency key of CALL).
 *
 * Two clients each make one call with an idempotency key, which is the same text at both; the first
 * one makes a plain call, too. Each has EACH connections, one after the other, all but its last may be cut or
 * refused. Sessions are not resumed here: each connection begins with HELLO, and its session ends
 * with it, which is the hardest case for a key. A call with a key may be written before WELCOME has
 * come, and goes again on the next connection until its result is there; a plain one is written
 * after WELCOME, once. The server looks at what stands behind HELLO when the user is authenticated.
 * It runs a call with a key that is new to it, lets one wait whose key it knows to be running, and
 * answers one whose key is done with the result that it has kept.
 *
 * Properties, each an assertion by this name:
 *   ran_twice             the handler of a plain call runs at most once, and so does the handler of
 *                         a key, over all sessions of a principal
 *   ran_unauthenticated   nothing of a user who is refused runs
 *   no_was_false          executed no is never wrong, now or later
 *   settled_twice         each call settles once
 *   mixed                 a client gets its own results, and of a key those of its principal
 *   channel_full          (of the model itself)
 * and, as an invalid end state: a call that never settles ("stuck").
 *
 * Base variants: both clients have one principal, or -DTWO_PRINCIPALS; -DEACH=2 or 3; -DALONE leaves
 * out the second client; -DSETTLES as in resume.pml.
 *
 * Mutants, each of which must break a property:
 *   EARLY_PLAIN             a plain call goes behind HELLO too, and again when WELCOME was lost
 *   EARLY_RUNS              the server takes what stands behind HELLO before it knows the user
 *   KEY_FORGOTTEN           a key is forgotten with the session that ran it
 *   KEY_OF_SESSION          a key means something in one session only
 *   KEY_WITHOUT_PRINCIPAL   (with TWO_PRINCIPALS) a key means the same for all users
 *   NO_WAITING              a key that is running is run again, not waited for
 *   ONE_WAITER              only the last one that asked for a key gets its result
 *   ONE_SESSION             a result goes to the connection that said HELLO last, whoever called
 *   PLAIN_GOES_AGAIN        a plain call that was written goes again on the next connection
 *   ALL_NO                  a plain call without result failed with executed no
 */
#ifndef EACH
#define EACH 2
#endif
#define CLIENTS 2
#define TOTAL (CLIENTS * EACH)
#define ROOM 4

mtype = { HELLO, WELCOME, REFUSED, PLAIN, KEYED };
mtype = { PENDING, DONE, NO, UNKNOWN };
mtype = { OPENED, GREETING, LIVE, CLOSED };

/* The connections of client c are those from c * EACH on. */
chan up[TOTAL] = [ROOM] of { mtype };
chan down[TOTAL] = [ROOM] of { mtype, byte };
bool cut[TOTAL];
mtype state[TOTAL] = CLOSED; /* for the server */

#define clientOf(i) (i / EACH)
#define isLast(i) (i % EACH == EACH - 1)
#ifdef TWO_PRINCIPALS
#define principalOf(i) clientOf(i)
#else
#define principalOf(i) 0
#endif

/* What is watched, by client and by principal. */
byte ranPlain[CLIENTS], ranKeyed[CLIENTS];
mtype plain[CLIENTS] = PENDING;
mtype keyed[CLIENTS] = PENDING;
bool ran_twice, ran_unauthenticated, no_was_false, settled_twice, mixed, channel_full;

/* What the server keeps of a key, by its scope. */
#ifdef KEY_OF_SESSION
#define SCOPES TOTAL
#define scopeOf(i) i
#else
#define SCOPES CLIENTS
#ifdef KEY_WITHOUT_PRINCIPAL
#define scopeOf(i) 0
#else
#define scopeOf(i) principalOf(i)
#endif
#endif
mtype key[SCOPES]; /* 0, PENDING or DONE */
byte keptBy[SCOPES]; /* the principal whose handler gave the result */
bool waits[TOTAL], runsPlain[TOTAL];
#ifdef ONE_SESSION
byte latest;
#define sessionOf(i) latest
#else
#define sessionOf(i) i
#endif

inline must(holds, broken) {
  if
  :: holds
  :: else -> broken = true; assert(!broken)
  fi
}

inline toServer(i, kind) {
  printf("client %d, connection %d: %e\n", clientOf(i), i % EACH, kind);
  if
  :: cut[i]
  :: else -> must(len(up[i]) < ROOM, channel_full); up[i]!kind
  fi
}

inline toClient(i, kind, value) {
  printf("server to client %d, connection %d: %e %d\n", clientOf(i), i % EACH, kind, value);
  if
  :: cut[i]
  :: else -> must(len(down[i]) < ROOM, channel_full); down[i]!kind(value)
  fi
}

/* The session ends with its connection. */
inline leave(i) {
  state[i] = CLOSED; waits[i] = false; runsPlain[i] = false;
#ifdef KEY_FORGOTTEN
  key[scopeOf(i)] = 0;
#endif
  do
  :: up[i]?_
  :: empty(up[i]) -> break
  od
}

inline takePlain(i) {
  printf("server: the plain call of client %d runs\n", clientOf(i));
  must(state[i] == LIVE, ran_unauthenticated);
  ranPlain[clientOf(i)]++;
  must(ranPlain[clientOf(i)] <= 1, ran_twice);
  must(plain[clientOf(i)] != NO, no_was_false);
  runsPlain[i] = true
}

inline runKeyed(i) {
  printf("server: the call with a key runs for principal %d\n", principalOf(i));
  must(state[i] == LIVE, ran_unauthenticated);
  ranKeyed[principalOf(i)]++;
  must(ranKeyed[principalOf(i)] <= 1, ran_twice);
  key[scopeOf(i)] = PENDING; keptBy[scopeOf(i)] = principalOf(i)
}

inline takeKeyed(i) {
  if
  :: key[scopeOf(i)] == 0 -> runKeyed(i); waits[i] = true
  :: key[scopeOf(i)] == PENDING ->
#ifdef NO_WAITING
    runKeyed(i);
#endif
#ifdef ONE_WAITER
    for (n : 0 .. TOTAL - 1) { waits[n] = (scopeOf(n) == scopeOf(i) -> false : waits[n]) }
    n = 0;
#endif
    waits[i] = true
  :: key[scopeOf(i)] == DONE -> toClient(i, KEYED, keptBy[scopeOf(i)])
  fi
}

#ifdef EARLY_RUNS
#define mayTake(i) (state[i] == LIVE || state[i] == GREETING)
#else
#define mayTake(i) (state[i] == LIVE)
#endif

proctype ServerConnection(byte i) {
  mtype kind; byte n;
end:
  do
  :: atomic { state[i] == OPENED && nempty(up[i]) ->
    up[i]?HELLO; state[i] = GREETING;
#ifdef ONE_SESSION
    latest = i;
#endif
    }
  :: atomic { state[i] == GREETING -> state[i] = LIVE; toClient(i, WELCOME, 0) }
  :: atomic { state[i] == GREETING && !isLast(i) -> toClient(i, REFUSED, 0); leave(i) }
  :: atomic { mayTake(i) && nempty(up[i]) ->
    up[i]?kind;
    if
    :: kind == PLAIN -> takePlain(i)
    :: kind == KEYED -> takeKeyed(i)
    fi;
    kind = 0 }
  :: atomic { runsPlain[i] ->
    runsPlain[i] = false; toClient(sessionOf(i), PLAIN, clientOf(i)) }
  /* The handler of the key is done, and all that wait for it are answered. */
  :: atomic { waits[i] && key[scopeOf(i)] == DONE ->
    waits[i] = false; toClient(i, KEYED, keptBy[scopeOf(i)]) }
  :: atomic { state[i] != CLOSED && cut[i] -> leave(i) }
  od
}

proctype Handlers() {
end:
  do
  :: atomic { key[0] == PENDING -> key[0] = DONE }
  :: atomic { key[1] == PENDING -> key[1] = DONE }
#ifdef KEY_OF_SESSION
  :: atomic { key[2] == PENDING -> key[2] = DONE }
  :: atomic { key[3] == PENDING -> key[3] = DONE }
#endif
  od
}

inline settlePlain(c, how) {
  must(plain[c] == PENDING, settled_twice);
  must(how != NO || ranPlain[c] == 0, no_was_false);
  plain[c] = how
}

inline settleKeyed(c) {
  must(keyed[c] == PENDING, settled_twice);
  keyed[c] = DONE
}

/* The connection is gone, and its session with it. */
inline lose() {
  if
  :: wrotePlain && plain[c] == PENDING ->
#ifdef EARLY_PLAIN
    if
    :: isWelcome -> settlePlain(c, UNKNOWN)
    :: else -> wrotePlain = false
    fi
#else
#ifdef PLAIN_GOES_AGAIN
    wrotePlain = false
#else
#ifdef ALL_NO
    settlePlain(c, NO)
#else
    settlePlain(c, UNKNOWN)
#endif
#endif
#endif
  :: else
  fi;
  wroteKeyed = false; isWelcome = false;
  do
  :: down[mine]?_, _
  :: empty(down[mine]) -> break
  od;
  cut[mine] = true; mine++; state[mine] = OPENED;
  toServer(mine, HELLO)
}

#ifdef EARLY_PLAIN
#define mayWritePlain true
#else
#define mayWritePlain isWelcome
#endif

proctype Client(byte c) {
  byte mine = c * EACH;
  mtype kind; byte value;
  bool isWelcome, wrotePlain, wroteKeyed;

  atomic { state[mine] = OPENED; toServer(mine, HELLO) };
  do
  :: atomic { plain[c] != PENDING && keyed[c] != PENDING -> break }
  :: atomic { !wroteKeyed && keyed[c] == PENDING -> wroteKeyed = true; toServer(mine, KEYED) }
  :: atomic { mayWritePlain && !wrotePlain && plain[c] == PENDING ->
    wrotePlain = true; toServer(mine, PLAIN) }
  :: atomic { nempty(down[mine]) ->
    down[mine]?kind(value);
    if
    :: kind == WELCOME -> isWelcome = true
    :: kind == REFUSED -> lose()
    :: kind == PLAIN ->
      must(value == c, mixed);
      settlePlain(c, DONE)
    :: kind == KEYED ->
      must(value == principalOf(mine), mixed);
      settleKeyed(c)
    fi;
    kind = 0; value = 0 }
  :: atomic { !isLast(mine) && (cut[mine] || state[mine] == CLOSED || isWelcome) -> lose() }
  od;
  /* Its last connection stays open. */
}

#define cutsOff(i) atomic { !cut[i] && state[i] != CLOSED -> cut[i] = true }

proctype Network() {
end:
  do
  :: cutsOff(0)
  :: cutsOff(EACH)
#if EACH > 2
  :: cutsOff(1)
  :: cutsOff(EACH + 1)
#endif
  od
}

init {
  atomic {
    byte i;
    plain[1] = DONE; /* it makes none */
    do
    :: i < TOTAL -> run ServerConnection(i); i++
    :: else -> break
    od;
    run Handlers();
    run Network();
    run Client(0);
#ifdef ALONE
    keyed[1] = DONE
#else
    run Client(1)
#endif
  }
}

#ifdef SETTLES
ltl settles {
  <> (plain[0] != PENDING && keyed[0] != PENDING && plain[1] != PENDING && keyed[1] != PENDING)
}
#endif
