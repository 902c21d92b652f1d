# Predictions as XTREME's evaluation reads them, an archive for each base, seed and recipe of the study.


rule write_submission:
    input:
        predictions=ancient(lambda w: plan.submission.inputs(w.submission, "predictions")),
        told=ancient(lambda w: plan.submission.inputs(w.submission, "told")),
        records=ancient(lambda w: plan.submission.inputs(w.submission, "records")),
        digests=lambda w: plan.submission.inputs(w.submission, "digests"),
    output:
        archive="<results>/submission/{study}/{submission}.zip",
        manifest="<results>/submission/{study}/{submission}.json",
    log:
        "<results>/logs/submission/{study}/{submission}.log",
    benchmark:
        "<results>/benchmarks/submission/{study}/{submission}.jsonl"
    wildcard_constraints:
        study=plan.name,
        submission="[^/]+",
    conda:
        "../envs/xstilts.yaml"
    resources:
        mem_mb=plan.asks.mem_mb("write_submission"),
        runtime=plan.asks.runtime("write_submission"),
        disk_mb=plan.asks.disk_mb("write_submission"),
    params:
        spec=lambda w: plan.submission.spec(w.submission).text(),
        code=lambda w: plan.submission.code(w.submission),
    shell:
        """
        launch write_submission --spec {params.spec:q} --code {params.code} \
            --predictions {input.predictions} --records {input.records} --out {output.archive} &>{log}
        """
