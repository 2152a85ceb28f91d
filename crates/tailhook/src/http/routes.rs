//! Every route, with what it is for.

use super::openapi::Kind::{Number, OneOf, Pattern, Text};
use super::openapi::{Parameter, Routes, about, openapi};
use super::{agents, api, ingest, login, metrics, sessions, stream, transcript};

const fn parameter(name: &'static str, kind: super::openapi::Kind, text: &'static str) -> Parameter {
    Parameter { name, kind, text }
}

const SESSION: Parameter = parameter("session", Text, "Only these sessions, with commas between.");
const TYPE: Parameter = parameter("type", Text, "Only these types; `*` at the end stands for the rest.");
const AGENT: Parameter = parameter("agent", Text, "Only these agents.");
const Q: Parameter = parameter("q", Text, "Only what this filter expression says.");
const SINCE: Parameter = parameter("since", Number, "Only after this seq.");
const BEFORE: Parameter = parameter("before", Number, "Only before this seq.");
const LIMIT: Parameter =
    parameter("limit", Number, "At most so many; more than the route gives at once counts as that.");
const PAYLOAD: Parameter = parameter("payload", OneOf(&["full"]), "With the agent's JSON in each envelope.");
const NEXT: Parameter = parameter("since", Number, "`next` of the page before.");
const SEQ: Parameter = parameter("seq", Number, "The event's seq.");
const ID: Parameter = parameter("id", Text, "The session's id.");
const NAME: Parameter =
    parameter("agent", Pattern("^[A-Za-z0-9._-]{1,255}$"), "Name of the agent that the event is said to come from.");

/// All of them but the page's files.
pub(super) fn routes() -> Routes {
    others(sessions(events(daemon(Routes::new()))))
}

/// The daemon itself.
fn daemon(routes: Routes) -> Routes {
    routes
        .get("/healthz", api::health, &about("health", "daemon", "Whether the daemon answers.").open())
        .get(
            "/metrics",
            metrics::metrics,
            &about("metrics", "daemon", "Its numbers in Prometheus's text format.").open().fails(&[503]),
        )
        .get("/api/v1/stats", api::stats, &about("stats", "daemon", "Its numbers.").fails(&[503]))
        .get(
            "/api/v1/openapi.json",
            openapi,
            &about("openapi", "daemon", "This document.").answers(200, Some("application/json"), "OpenAPI 3.1."),
        )
}

/// Events and the stream.
fn events(routes: Routes) -> Routes {
    routes
        .get(
            "/api/v1/events",
            api::events,
            &about("events", "events", "Stored events: the newest, those after one, or those before one.")
                .query(&[SESSION, TYPE, AGENT, Q, SINCE, BEFORE, LIMIT, PAYLOAD])
                .fails(&[503]),
        )
        .get(
            "/api/v1/events/{seq}",
            api::event,
            &about("event", "events", "One event with its payload.").path(SEQ).fails(&[404, 503]),
        )
        .get(
            "/api/v1/events/{seq}/raw",
            api::raw_payload,
            &about("payload", "events", "The payload's bytes as they are stored.").path(SEQ).fails(&[404, 503]),
        )
        .post(
            "/api/v1/ingest/{agent}",
            ingest::ingest,
            ingest::MAX_BODY_BYTES,
            &about("ingest", "events", "Takes one hook payload; the journal has it when this answers.")
                .path(NAME)
                .body("One hook payload, at most 8 MiB.")
                .fails(&[413, 503]),
        )
        .get(
            "/api/v1/stream",
            stream::websocket,
            &about("stream", "stream", "Events as they are stored, by WebSocket; see docs/stream.md.")
                .query(&[SESSION, TYPE, AGENT, Q, SINCE, PAYLOAD])
                .answers(101, None, "The stream."),
        )
        .get(
            "/api/v1/stream/sse",
            stream::sse,
            &about("streamSse", "stream", "The same as server-sent events, `id` is the seq.")
                .query(&[SESSION, TYPE, AGENT, Q, SINCE, PAYLOAD])
                .answers(200, Some("text/event-stream"), "Events without end."),
        )
}

/// Sessions and what belongs to one.
fn sessions(routes: Routes) -> Routes {
    let of_session = |id, summary| about(id, "sessions", summary).path(ID).fails(&[404, 503]);
    routes
        .get(
            "/api/v1/sessions",
            sessions::list,
            &about("sessions", "sessions", "Sessions, those with the newest events first.")
                .query(&[
                    parameter("state", Text, "Only in these states."),
                    AGENT,
                    parameter("project", Text, "Only of these projects."),
                    parameter("needs", Text, "Only with one of these needs."),
                    LIMIT,
                ])
                .fails(&[503]),
        )
        .get("/api/v1/sessions/{id}", sessions::one, &of_session("session", "One session."))
        .get(
            "/api/v1/sessions/{id}/spans",
            sessions::spans,
            &of_session("spans", "Tool calls, subagents, turns and compactions as stretches of time.")
                .query(&[NEXT, LIMIT]),
        )
        .get(
            "/api/v1/sessions/{id}/turns",
            sessions::turns,
            &of_session("turns", "From each prompt to the end of what it asked for.").query(&[NEXT, LIMIT]),
        )
        .get("/api/v1/sessions/{id}/agents", sessions::agents, &of_session("subagents", "The agents of a session."))
        .get(
            "/api/v1/sessions/{id}/files",
            sessions::files,
            &of_session("files", "Files that tools touched.").query(&[LIMIT]),
        )
        .get(
            "/api/v1/sessions/{id}/files/changes",
            sessions::file_changes,
            &of_session("fileChanges", "What was done to files, with patches.").query(&[
                parameter("path", Text, "Only to this file."),
                NEXT,
                LIMIT,
            ]),
        )
        .get("/api/v1/sessions/{id}/tasks", sessions::tasks, &of_session("tasks", "The agent's list of tasks."))
        .get(
            "/api/v1/sessions/{id}/messages",
            transcript::messages,
            &of_session("messages", "What was said.").query(&[NEXT, LIMIT]),
        )
        .get("/api/v1/sessions/{id}/usage", transcript::usage, &of_session("usage", "Tokens and cost."))
}

/// What goes over all sessions, and the login.
fn others(routes: Routes) -> Routes {
    routes
        .get("/api/v1/agents", agents::agents, &about("agents", "agents", "Agents side by side.").fails(&[503]))
        .get(
            "/api/v1/profile",
            transcript::profile,
            &about("profile", "agents", "What each hook command cost, anybody's.")
                .query(&[
                    parameter("session", Text, "Only this session."),
                    parameter("since", Text, "A moment, or how long ago: `24h`, `7d`, `2026-11-22T00:00:00Z`."),
                ])
                .fails(&[503]),
        )
        .post(
            "/api/v1/login",
            login::one_time,
            0,
            &about("oneTimeLogin", "login", "A path that logs a browser in, once."),
        )
        .post(
            "/api/v1/token/rotate",
            login::rotate,
            0,
            &about("rotateToken", "login", "Makes a new token; the old one, its cookies and its streams end.")
                .fails(&[503]),
        )
        .get(
            "/login",
            login::login,
            &about("login", "login", "Sets the cookie and goes on to the page.")
                .query(&[
                    parameter("token", Text, "The token, or a login that works once."),
                    parameter("to", Text, "A path of the page to go on to, e.g. `/?session=S`."),
                ])
                .open()
                .answers(200, Some("text/html"), "Goes on to the page.")
                .answers(401, Some("text/html"), "The login has been used, is too old, or is another user's."),
        )
}
