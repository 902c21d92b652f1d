# How well every checkpoint on the way aligns languages, apart from targets: the model reads all sentences many times.


rule measure_alignment:
    input:
        checkpoint="<results>/checkpoints/{node}/digest",
        weights=ancient("<results>/checkpoints/{node}/model.safetensors"),
        records=ancient(lambda w: plan.predictions.inputs(w.node, w.target, "records")),
        tokens=ancient(lambda w: plan.predictions.inputs(w.node, w.target, "tokens")),
        data=lambda w: plan.predictions.inputs(w.node, w.target, "digests"),
    output:
        measures="<results>/alignment/{node}/{target}.parquet",
        record="<results>/alignment/{node}/{target}.json",
        digest="<results>/alignment/{node}/{target}.digest",
    log:
        "<results>/logs/alignment/{node}/{target}.log",
    benchmark:
        "<results>/benchmarks/alignment/{node}/{target}.jsonl"
    conda:
        "../envs/xstilts.yaml"
    threads: plan.world.training.threads or 1
    resources:
        mem_mb=plan.asks.mem_mb("measure_alignment"),
        runtime=plan.asks.runtime("measure_alignment"),
        disk_mb=plan.asks.disk_mb("measure_alignment"),
        gpus=plan.asks.gpus,
        gres=plan.asks.gres,
        micro_tokens=plan.world.training.micro_tokens or 4096,
        device=plan.world.training.device or "any",
    params:
        spec=lambda w: plan.alignment.spec(w.node, w.target).text(),
        code=lambda w: plan.alignment.code(w.node, w.target),
        checkpoint=subpath(input.checkpoint, parent=True),
        parts=lambda w: plan.alignment.parts(w.node, w.target),
    shell:
        """
        exec launch --gpus {resources.gpus} measure_alignment --spec {params.spec:q} --code {params.code} \
            --checkpoint {params.checkpoint} --records {input.records} --tokens {input.tokens} \
            --parts {params.parts} --micro-tokens {resources.micro_tokens} --device {resources.device} --threads {threads} \
            --out {output.measures} &>{log}
        """
