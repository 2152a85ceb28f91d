// MARK
// Tells tailhook what OpenCode does. Written by `tailhook install opencode`, removed by `tailhook uninstall opencode`.
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"

const program = PROGRAM
const events = new Set(EVENTS)

let told = Promise.resolve()

/** One after the other, in OpenCode's order: it waits for what it tells of calls, but not for its other events. */
function tell(payload) {
  told = told.then(() => hand(payload))
  return told
}

/** Resolves when the hook has the payload, whatever becomes of it. */
function hand(payload) {
  return new Promise((resolve) => {
    try {
      if (!events.has(payload.hook_event_name) || !existsSync(program)) return resolve()
      const hook = spawn(program, ["opencode"], { stdio: ["pipe", "ignore", "ignore"], timeout: TIMEOUT_MS })
      hook.on("error", () => resolve())
      // Not "close": where the hook did not read to the end, that comes late or never.
      hook.on("exit", () => resolve())
      hook.stdin.on("error", () => resolve())
      hook.stdin.end(JSON.stringify(payload))
    } catch {
      resolve()
    }
  })
}

export const Tailhook = async ({ directory }) => {
  const common = (hook_event_name, session_id) => ({ hook_event_name, session_id, cwd: directory })
  return {
    event: async ({ event }) => {
      const { sessionID, info, ...more } = event.properties ?? {}
      await tell({ ...common(event.type, sessionID ?? info?.id), title: info?.title, parent_id: info?.parentID, ...more })
    },
    "chat.message": async (input, output) => {
      const prompt = (output.parts ?? []).map((part) => part.text ?? "").join("\n")
      const model = input.model && `${input.model.providerID}/${input.model.modelID}`
      await tell({ ...common("chat.message", input.sessionID), prompt, agent_type: input.agent, model })
    },
    "tool.execute.before": async (input, output) => {
      const call = { tool_name: input.tool, tool_use_id: input.callID, tool_input: output.args }
      await tell({ ...common("tool.execute.before", input.sessionID), ...call })
    },
    "tool.execute.after": async (input, output) => {
      const call = { tool_name: input.tool, tool_use_id: input.callID, tool_input: input.args }
      const tool_response = { title: output?.title, output: output?.output, metadata: output?.metadata }
      await tell({ ...common("tool.execute.after", input.sessionID), ...call, tool_response })
    },
  }
}
