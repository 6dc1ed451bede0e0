import MarketCore

/// The files of a new skill that runs as it stands and passes its own test.
struct ScaffoldFiles {
    struct File {
        let path: String
        let text: String
        var isExecutable = false
    }

    let name: String
    let runtime: SkillManifest.Runtime

    var files: [File] {
        let program: File? =
            switch runtime {
            case .exec: File(path: "bin/\(name)", text: Self.shell, isExecutable: true)
            case .python: File(path: "main.py", text: Self.python)
            case .node: File(path: "main.mjs", text: Self.node)
            case .workflow: nil
            }
        return [File(path: "skill.toml", text: runtime == .workflow ? workflow : manifest)]
            + (program.map { [$0] } ?? [])
            + [File(path: "README.md", text: readme)]
    }

    /// What the step of a new workflow calls.
    var stepSkill: String {
        String(name.prefix(59)).replacing(/-+$/, with: "") + "-step"
    }

    private var workflow: String {
        """
        # A workflow: a skill whose steps call other skills. `clawrunner skill validate` explains what is wrong with it.
        name = "\(name)"
        version = "0.1.0"
        description = "Greets by name, through another skill"
        category = "automation"            # communication, automation, analysis, creative, utility, integration
        runtime = "workflow"
        tags = ["example"]
        documentation = "README.md"

        [pricing]
        type = "usage"
        price = "0.005"
        currency = "USDC"
        unit = "greeting"

        [[endpoints]]
        path = "/welcome"
        method = "POST"
        description = "A greeting for the name in the payload"
        [endpoints.input]
        type = "object"
        properties = { name = { type = "string", minLength = 1, maxLength = 100 } }
        required = ["name"]
        additionalProperties = false

        [workflow]
        payer = "author"                   # buyer: the steps are paid out of the price
        timeout = "30s"
        output = { text = { "$from" = "/steps/greet/result/greeting" } }

        [[steps]]
        id = "greet"
        skill = "\(stepSkill)"
        version = "^0.1.0"
        endpoint = "/hello"
        input = { name = { "$text" = "dear {/input/name}" } }

        [[tests]]
        endpoint = "/welcome"
        payload = { name = "Ada" }
        expect = { text = "Hello, dear Ada!" }

        """
    }

    private var entryPoint: String {
        switch runtime {
        case .exec, .workflow: "bin/\(name)"
        case .python: "main.py:handler"
        case .node: "main.mjs:handler"
        }
    }

    private var manifest: String {
        """
        # The manifest of a skill. `clawrunner skill validate` explains what is wrong with it.
        name = "\(name)"
        version = "0.1.0"
        description = "Greets by name"
        category = "utility"               # communication, automation, analysis, creative, utility, integration
        runtime = "\(runtime.rawValue)"
        entryPoint = "\(entryPoint)"
        response = "json"                  # json: standard output is one JSON value; text: it becomes a string
        tags = ["example"]
        documentation = "README.md"

        [pricing]
        type = "usage"                     # free, one-time, usage, subscription (needs interval = "monthly")
        price = "0.001"
        currency = "USDC"
        unit = "greeting"

        [[endpoints]]
        path = "/hello"
        method = "POST"
        description = "A greeting for the name in the payload"
        idempotent = true
        [endpoints.input]
        type = "object"
        properties = { name = { type = "string", minLength = 1, maxLength = 100 } }
        required = ["name"]
        additionalProperties = false

        [limits]
        wall = "5s"
        memory = "256MiB"

        [[tests]]
        endpoint = "/hello"
        payload = { name = "Ada" }
        expect = \(expectation)

        """
    }

    private var expectation: String {
        runtime == .exec ? #"{ greeting = "hello" }"# : #"{ greeting = "Hello, Ada!" }"#
    }

    private static let shell = #"""
        #!/bin/sh
        # One request comes on standard input: {"endpoint": …, "payload": …, "context": {…}}.
        # One JSON value goes to standard output; standard error is the log; exit status 0 means success.
        # Put any program in place of this script. A compiled one reads the JSON properly and starts in a millisecond.
        bytes=$(wc -c)
        echo "read a request of $bytes bytes" >&2
        printf '{"greeting": "hello", "requestBytes": %d}\n' "$bytes"

        """#

    private static let python = #"""
        import sys


        def handler(endpoint, payload, context):
            """Called once for each run; what it returns becomes the result."""
            print(f"greeting {payload['name']}", file=sys.stderr)  # standard error is the log
            return {"greeting": f"Hello, {payload['name']}!"}

        """#

    private static let node = #"""
        // Called once for each run; what it returns, or what its promise gives, becomes the result.
        export function handler(endpoint, payload, context) {
          console.error(`greeting ${payload.name}`); // standard error is the log
          return { greeting: `Hello, ${payload.name}!` };
        }

        """#

    private var readme: String {
        if runtime == .workflow { return workflowReadme }
        return """
            # \(name)

            Greets by name.

                clawrunner skill test .
                clawrunner run . --endpoint /hello --payload '{"name": "Ada"}'
                clawrunner skill publish .

            """
    }

    private var workflowReadme: String {
        """
        # \(name)

        Greets by name, through the skill \(stepSkill).

            clawrunner skill init \(stepSkill) --runtime python    # beside this folder; it is what the step calls
            clawrunner skill test .
            clawrunner run . --endpoint /welcome --payload '{"name": "Ada"}'
            clawrunner skill publish .                              # once \(stepSkill) is on the market

        """
    }
}
