internal import SandboxProtocol

/// Which waiting sandboxes can take a run.
extension SandboxHost {
    /// How well waiting sandboxes serve the runs that come.
    public var parkingReport: ParkingReport { reactor.parkingReport }

    /// Has sandboxes wait for runs of one kind, as if so many went on at once; false when that cannot be. To measure them.
    package func park(_ request: RunRequest, count: Int) async -> Bool {
        guard let layers = try? effectiveLayers(request, hostReport), let launch = try? launch(request, layers),
            let choice = try? choices(request, launch, layers).first
        else { return false }
        return await reactor.awaitParked(choice, count: count)
    }

    /// Ends every sandbox that waits: profiles or files have changed that it was built from. Runs go on.
    public func drainParked() { reactor.drainParked() }

    /// The kinds of waiting sandboxes that could take this run, those that save it most first.
    func choices(
        _ request: RunRequest, _ launch: Launch, _ layers: LayerSet
    ) throws(SandboxError) -> [ParkChoice] {
        let profile = request.profile
        // Listeners, and the questions of an observer, come before the program.
        guard options.parking.countMax > 0, profile.warm.sandboxesMax > 0, launch.destinations.isEmpty,
            !request.observes, request.withoutLayers.isEmpty, request.limits.areWithin(profile.limits)
        else { return [] }
        var recipes: [ParkRecipe] = []
        if request.startsAhead, profile.warm.skills { recipes.append(ParkRecipe(start: .program, launch: launch)) }
        let bytes = launch.arguments.reduce(0) { $0 + $1.utf8.count + 1 } + launch.environmentBytes
        if let command = request.interpreter, profile.warm.interpreters, bytes < Order.pipeBytesMax,
            TemplateBuilder.canStartInterpreter(profile)
        {
            recipes.append(ParkRecipe(start: .interpreter, launch: try interpreter(command, profile, layers)))
        }
        if TemplateBuilder.canSeal(profile) {
            let waiting = Launch(
                template: launch.template, limits: profile.limits.wire, skillPath: "", programs: [], arguments: [],
                environment: [])
            recipes.append(ParkRecipe(start: .sealed, launch: waiting))
        }
        return recipes.map { ParkChoice(recipe: $0, countMax: profile.warm.sandboxesMax) }
    }

    private func interpreter(
        _ command: [String], _ profile: Profile, _ layers: LayerSet
    ) throws(SandboxError) -> Launch {
        let key = TemplateTable.Key(profile: profile.identity, layers: layers, network: false, interpreter: true)
        let path = profile.environment["PATH"] ?? ""
        return Launch(
            template: try template(key, profile), limits: profile.limits.wire, skillPath: "",
            programs: Self.candidates(command.first ?? "", path: path).filter { !$0.hasPrefix("/skill/") },
            arguments: command, environment: Self.variables(profile.environment))
    }

    /// A sandbox that waits for the run, and whose demand it counts for.
    func take(_ choices: [ParkChoice]) async -> ParkedPool.Taken {
        guard let first = choices.first else { return ParkedPool.Taken(kinds: []) }
        guard options.awaitsParked else { return reactor.take(choices) }
        // Another run may be quicker.
        while await reactor.awaitParked(first) {
            let taken = reactor.take(choices)
            if taken.sandbox?.recipe == first.recipe { return taken }
            if let other = taken.sandbox { reactor.drop(other) }
            reactor.giveBack(taken)
        }
        return reactor.take(choices)
    }
}
