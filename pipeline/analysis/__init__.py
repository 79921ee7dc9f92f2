"""Why a spotter errs: reports of a detector, a recognizer, scene context and a submission."""
