/*
 * Large values: messages in pieces, cut and resumed in the middle, and withdrawn (PROTOCOL.md:
 * CHUNK, and what Batches and RESUME say of numbers).
 *
 * One client makes two calls. The input of each travels in two pieces, FIRST and LAST, which may
 * have those of the other between them, and the results in one; with -DRESULTS it is the other way
 * round. Connections are cut and left as in resume.pml; each RESUME is answered by RESUMED or, with
 * the session sealed, by GONE. The first
 * call may be withdrawn by ABORT as long as its LAST is not written; with -DAWAY_TOO also later, while
 * the client is away: then ABORT takes the place and the number of LAST. A transfer has the smallest
 * number that is free.
 *
 * Properties, each an assertion by this name:
 *   not_whole       a handler gets, and a caller gets, both pieces of one value and nothing else
 *   no_transfer     LAST and ABORT come for a live transfer
 *   transfer_live   FIRST comes for one that is not live
 *   ran_twice, no_was_false, settled_twice, hole, out_of_range, channel_full   as in resume.pml
 * and, as an invalid end state: a call that never settles ("stuck").
 *
 * Base variants: -DCONNECTIONS=2 or 3; -DRESULTS; -DAWAY_TOO; -DSETTLES as in
 * resume.pml.
 *
 * Mutants, each of which must break a property:
 *   HALF_IS_WHOLE      after a resume the server takes what it has of an input for all of it
 *   RESULT_HALF        (with RESULTS) the client likewise, of a result
 *   ASSEMBLY_LOST      the server forgets the pieces that it has acknowledged when it is detached
 *   STARTS_OVER        after a resume the client begins again with the first piece
 *   LAST_COUNTS        a message in pieces takes a number only with its LAST
 *   ABORT_IGNORED      the server keeps the transfer of a call that was withdrawn
 *   ABORT_TOO_LATE     a call is withdrawn by ABORT though its LAST was written
 *   VOID_FOR_LAST      (with AWAY_TOO) VOID takes the place of LAST
 *   ONE_TRANSFER       all transfers have number 0
 */
#ifndef CONNECTIONS
#define CONNECTIONS 3
#endif
#define LAST_CONNECTION (CONNECTIONS - 1)
#define CALL_COUNT 2
#define NUMBERS 6
#define ROOM 10

/* After the kind: number, transfer and call; of the others what their names say. */
mtype = { RESUME, RESUMED, GONE, ACK, WHOLE, FIRST, LAST, ABORT, VOID, CANCELLED };
mtype = { PENDING, DONE, NO, UNKNOWN };

chan up[CONNECTIONS] = [ROOM] of { mtype, byte, byte, byte };
chan down[CONNECTIONS] = [ROOM] of { mtype, byte, byte, byte };
bool cut[CONNECTIONS];
bool open[CONNECTIONS];

byte ran[CALL_COUNT + 1];
mtype outcome[CALL_COUNT + 1] = PENDING;
bool not_whole, no_transfer, transfer_live;
bool ran_twice, no_was_false, settled_twice, hole, out_of_range, channel_full;

inline must(holds, broken) {
  if
  :: holds
  :: else -> broken = true; assert(!broken)
  fi
}

inline toServer(i, what, a, b, c) {
  printf("client %d: %e %d, transfer %d of call %d\n", i, what, a, b, c);
  if
  :: cut[i]
  :: else -> must(len(up[i]) < ROOM, channel_full); up[i]!what(a, b, c)
  fi
}

inline toClient(i, what, a, b, c) {
  printf("server %d: %e %d, transfer %d of call %d\n", i, what, a, b, c);
  if
  :: cut[i] || !open[i]
  :: else -> must(len(down[i]) < ROOM, channel_full); down[i]!what(a, b, c)
  fi
}

inline leave(i) {
  open[i] = false;
  do
  :: up[i]?_, _, _, _
  :: empty(up[i]) -> break
  od
}

/* What a sender still holds, by number; and the receiver's live transfers, by the call of FIRST. */
typedef Sender {
  byte tx; byte acked; byte said;
  mtype kind[NUMBERS]; byte transfer[NUMBERS]; byte call[NUMBERS];
  bool busy[2] /* the transfers that it has begun and not ended */
}
typedef Receiver {
  byte rx;
  byte first[2]
}

Sender client, server;
Receiver atServer, atClient;

/* The next number for a piece; transfer is where it goes, and is set by FIRST. */
inline give(side, what, which, id) {
  side.tx++; side.kind[side.tx] = what; side.transfer[side.tx] = which; side.call[side.tx] = id
}

/* What is acknowledged is dropped. */
inline trim(side, number) {
  do
  :: side.acked < number ->
    side.acked++;
    side.kind[side.acked] = 0; side.transfer[side.acked] = 0; side.call[side.acked] = 0
  :: else -> break
  od
}

inline choose(side, which) {
#ifdef ONE_TRANSFER
  which = 0;
#else
  which = (side.busy[0] -> 1 : 0);
#endif
  side.busy[which] = true
}

/* A piece with the next number has come: gives the call whose value is whole, or 0. */
inline join(side, what, which, id, whole) {
  whole = 0;
  if
  :: what == FIRST -> must(side.first[which] == 0, transfer_live); side.first[which] = id
  :: what == LAST ->
    must(side.first[which] != 0, no_transfer);
    must(side.first[which] == id, not_whole);
    side.first[which] = 0; whole = id
  :: what == ABORT ->
    must(side.first[which] != 0, no_transfer);
#ifndef ABORT_IGNORED
    side.first[which] = 0
#endif
  :: what == WHOLE -> whole = id
  :: what == CANCELLED || what == VOID
  fi
}

inline settle(id, how) {
  printf("client: call %d is %e\n", id, how);
  must(outcome[id] == PENDING, settled_twice);
  must(how != NO || ran[id] == 0, no_was_false);
  outcome[id] = how
}

inline deliver(id, isWhole) {
  must(isWhole, not_whole);
  settle(id, DONE)
}

/* The server. */
bool isSealed;
byte attached;
mtype stage[CALL_COUNT + 1]; /* of an answer: PENDING, FIRST, or 0 when there is none to be given */
byte answerTransfer[CALL_COUNT + 1];

inline start(id, isWhole) {
  printf("server: call %d runs\n", id);
  ran[id]++;
  must(isWhole, not_whole);
  must(ran[id] <= 1, ran_twice);
  must(outcome[id] != NO, no_was_false);
  stage[id] = PENDING
}

inline accept(what, number, which, id) {
  if
  :: number == atServer.rx + 1 ->
    join(atServer, what, which, id, whole);
#ifdef LAST_COUNTS
    if
    :: what == FIRST
    :: else -> atServer.rx++
    fi;
#else
    atServer.rx++;
#endif
    if
    :: whole != 0 -> start(whole, true)
    :: what == ABORT ->
      give(server, CANCELLED, 0, id);
      toClient(attached, CANCELLED, server.tx, 0, id)
    :: else
    fi;
    whole = 0
  :: number <= atServer.rx
  :: else -> must(false, hole)
  fi
}

inline takeResume(i, clientRx, oldest) {
  if
  :: i <= attached -> leave(i)
  :: i > attached && isSealed -> toClient(i, GONE, atServer.rx, 0, 0)
  :: i > attached && !isSealed ->
    must(server.acked <= clientRx && clientRx <= server.tx && oldest <= atServer.rx + 1, out_of_range);
    leave(attached);
    if
    :: attached = i;
      trim(server, clientRx); server.said = atServer.rx;
      toClient(i, RESUMED, atServer.rx, 0, 0);
      for (n : clientRx + 1 .. server.tx) {
        kind = server.kind[n]; b = server.transfer[n]; c = server.call[n];
        toClient(i, kind, n, b, c)
      }
      n = 0;
#ifdef ASSEMBLY_LOST
      atServer.first[0] = 0; atServer.first[1] = 0;
#endif
#ifdef HALF_IS_WHOLE
      if
      :: atServer.first[0] != 0 -> start(atServer.first[0], false)
      :: else
      fi;
#endif
    :: isSealed = true; stage[1] = 0; stage[2] = 0;
      toClient(i, GONE, atServer.rx, 0, 0)
    fi
  fi
}

proctype ServerConnection(byte i) {
  mtype kind; byte a, b, c, n, whole;
end:
  do
  :: atomic { open[i] && nempty(up[i]) ->
    up[i]?kind(a, b, c);
    if
    :: kind == RESUME -> takeResume(i, a, b)
    :: kind == ACK && !isSealed && i == attached ->
      must(server.acked <= a && a <= server.tx, out_of_range); trim(server, a)
    :: kind != RESUME && kind != ACK && !isSealed && i == attached -> accept(kind, a, b, c)
    :: else
    fi;
    kind = 0; a = 0; b = 0; c = 0 }
  :: atomic { open[i] && cut[i] -> leave(i) }
  od
}

/* A handler is done, and its result is written piece by piece. */
#ifndef RESULTS
#define answerOf(id) \
  atomic { stage[id] == PENDING -> \
    stage[id] = 0; give(server, WHOLE, 0, id); toClient(attached, WHOLE, server.tx, 0, id) }
#else
#define answerOf(id) \
  atomic { stage[id] == PENDING -> \
    choose(server, answerTransfer[id]); \
    give(server, FIRST, answerTransfer[id], id); stage[id] = FIRST; \
    toClient(attached, FIRST, server.tx, answerTransfer[id], id) } \
  :: atomic { stage[id] == FIRST -> \
    give(server, LAST, answerTransfer[id], id); stage[id] = 0; \
    server.busy[answerTransfer[id]] = false; \
    toClient(attached, LAST, server.tx, answerTransfer[id], id); \
    answerTransfer[id] = 0 }
#endif

proctype ServerSession() {
end:
  do
  :: answerOf(1)
  :: answerOf(2)
  :: atomic { !isSealed && open[attached] && server.said < atServer.rx ->
    server.said = atServer.rx; toClient(attached, ACK, atServer.rx, 0, 0) }
  od
}

proctype Network() {
end:
  do
  :: cut[0] == false -> cut[0] = true
#if CONNECTIONS > 2
  :: cut[1] == false -> cut[1] = true
#endif
  od
}

/* The client. */
mtype = { LIVE, WAITING, AWAY };
#define allSettled (outcome[1] != PENDING && outcome[2] != PENDING)

inline writeWhole(id) {
  give(client, WHOLE, 0, id); firstOf[id] = client.tx; lastOf[id] = client.tx;
  toServer(mine, WHOLE, client.tx, 0, id)
}

inline writeFirst(id) {
  choose(client, transferOf[id]);
  give(client, FIRST, transferOf[id], id); firstOf[id] = client.tx;
  toServer(mine, FIRST, client.tx, transferOf[id], id)
}

inline writeLast(id) {
  give(client, LAST, transferOf[id], id); lastOf[id] = client.tx;
  client.busy[transferOf[id]] = false;
  toServer(mine, LAST, client.tx, transferOf[id], id)
}

inline takeResumed(peerRx) {
  must(client.acked <= peerRx && peerRx <= client.tx, out_of_range);
  trim(client, peerRx); client.said = atClient.rx;
#ifdef STARTS_OVER
  if
  :: firstOf[1] != 0 && lastOf[1] == 0 && !isWithdrawn ->
    give(client, FIRST, transferOf[1], 1)
  :: else
  fi;
#endif
  for (n : peerRx + 1 .. client.tx) {
    kind = client.kind[n]; b = client.transfer[n]; c = client.call[n];
    toServer(mine, kind, n, b, c)
  }
  n = 0;
#ifdef AWAY_TOO
  if
  :: isWithdrawn && lastOf[1] > peerRx && outcome[1] == PENDING -> settle(1, NO)
  :: else
  fi;
#endif
#ifdef RESULT_HALF
  if
  :: atClient.first[0] != 0 -> deliver(atClient.first[0], false)
  :: else
  fi
#endif
}

/* The number that counts is that of LAST: without it, nothing has run. */
inline lose(finalRx) {
  for (n : 1 .. CALL_COUNT) {
    if
    :: outcome[n] != PENDING
    :: outcome[n] == PENDING && (lastOf[n] == 0 || lastOf[n] > finalRx) -> settle(n, NO)
    :: else -> settle(n, UNKNOWN)
    fi
  }
  n = 0
}

inline takePiece(what, number, which, id) {
  if
  :: number == atClient.rx + 1 ->
    join(atClient, what, which, id, whole);
    atClient.rx++;
    if
    :: whole != 0 -> deliver(id, true)
    :: else /* CANCELLED: the call was settled when it was withdrawn */
    fi;
    whole = 0
  :: number <= atClient.rx
  :: else -> must(false, hole)
  fi
}

proctype Client() {
  mtype phase = LIVE;
  mtype kind;
  byte mine, a, b, c, n, whole;
  byte firstOf[CALL_COUNT + 1]; byte lastOf[CALL_COUNT + 1]; byte transferOf[CALL_COUNT + 1];
  bool isWithdrawn;

  do
  :: atomic { allSettled -> break }
#ifdef RESULTS
  :: atomic { phase == LIVE && firstOf[1] == 0 -> writeWhole(1) }
  :: atomic { phase == LIVE && firstOf[2] == 0 && firstOf[1] != 0 -> writeWhole(2) }
#else
  :: atomic { phase == LIVE && firstOf[1] == 0 -> writeFirst(1) }
  :: atomic { phase == LIVE && firstOf[2] == 0 && firstOf[1] != 0 -> writeFirst(2) }
  :: atomic { phase == LIVE && firstOf[1] != 0 && lastOf[1] == 0 && !isWithdrawn -> writeLast(1) }
  :: atomic { phase == LIVE && firstOf[2] != 0 && lastOf[2] == 0 -> writeLast(2) }
#ifdef ABORT_TOO_LATE
  :: atomic { phase == LIVE && lastOf[1] != 0 && outcome[1] == PENDING && client.tx + 1 < NUMBERS ->
#else
  :: atomic { phase == LIVE && firstOf[1] != 0 && lastOf[1] == 0 && !isWithdrawn ->
#endif
    isWithdrawn = true; client.busy[transferOf[1]] = false;
    give(client, ABORT, transferOf[1], 1);
    toServer(mine, ABORT, client.tx, transferOf[1], 1);
    settle(1, NO) }
#endif
#ifdef AWAY_TOO
  /* Its LAST was written. If the server has not accepted it, it never will. */
  :: atomic { phase == AWAY && lastOf[1] > client.acked && !isWithdrawn && outcome[1] == PENDING ->
    printf("client: call 1 is withdrawn\n");
    isWithdrawn = true;
#ifdef VOID_FOR_LAST
    client.kind[lastOf[1]] = VOID
#else
    client.kind[lastOf[1]] = ABORT
#endif
    }
#endif
  :: atomic { phase == LIVE && client.said < atClient.rx ->
    client.said = atClient.rx; toServer(mine, ACK, atClient.rx, 0, 0) }
  :: atomic { phase != AWAY && nempty(down[mine]) ->
    down[mine]?kind(a, b, c);
    if
    :: kind == RESUMED -> phase = LIVE; takeResumed(a)
    :: kind == GONE -> lose(a)
    :: kind == ACK -> must(client.acked <= a && a <= client.tx, out_of_range); trim(client, a)
    :: else -> takePiece(kind, a, b, c)
    fi;
    kind = 0; a = 0; b = 0; c = 0 }
  :: atomic { phase != AWAY && mine < LAST_CONNECTION &&
      (cut[mine] || !open[mine] || phase == LIVE) ->
    phase = AWAY; cut[mine] = true;
    do
    :: down[mine]?_, _, _, _
    :: empty(down[mine]) -> break
    od }
  :: atomic { phase == AWAY ->
    mine++; open[mine] = true; phase = WAITING;
    toServer(mine, RESUME, atClient.rx, client.acked + 1, 0) }
  od
}

init {
  atomic {
    byte i;
    open[0] = true;
    do
    :: i < CONNECTIONS -> run ServerConnection(i); i++
    :: else -> break
    od;
    run ServerSession();
    run Network();
    run Client()
  }
}

#ifdef SETTLES
ltl settles { <> allSettled }
#endif
