# Predictions, and scores from predictions: a changed metric predicts nothing again.


rule predict_target:
    input:
        checkpoint="<results>/checkpoints/{node}/digest",
        weights=ancient("<results>/checkpoints/{node}/model.safetensors"),
        records=ancient(lambda w: plan.predictions.inputs(w.node, w.target, "records")),
        tokens=ancient(lambda w: plan.predictions.inputs(w.node, w.target, "tokens")),
        data=lambda w: plan.predictions.inputs(w.node, w.target, "digests"),
    output:
        predictions="<results>/predictions/{node}/{target}.parquet",
        record="<results>/predictions/{node}/{target}.json",
        digest="<results>/predictions/{node}/{target}.digest",
    log:
        "<results>/logs/predictions/{node}/{target}.log",
    benchmark:
        "<results>/benchmarks/predictions/{node}/{target}.jsonl"
    priority: 1  # the weights of a target take room until its predictions stand
    conda:
        "../envs/xstilts.yaml"
    threads: plan.world.training.threads or 1
    resources:
        mem_mb=plan.asks.mem_mb("predict_target"),
        runtime=plan.asks.runtime("predict_target"),
        disk_mb=plan.asks.disk_mb("predict_target"),
        gpus=plan.asks.gpus,
        gres=plan.asks.gres,
        micro_tokens=plan.world.training.micro_tokens or 4096,
        device=plan.world.training.device or "any",
    params:
        spec=lambda w: plan.predictions.spec(w.node, w.target).text(),
        code=lambda w: plan.predictions.code(w.node, w.target),
        checkpoint=subpath(input.checkpoint, parent=True),
        state=lambda w: plan.predictions.state(w.node, w.target),
    shell:
        """
        exec launch --gpus {resources.gpus} predict_target --spec {params.spec:q} --code {params.code} \
            --checkpoint {params.checkpoint} --records {input.records} --tokens {input.tokens} --state {params.state} \
            --micro-tokens {resources.micro_tokens} --device {resources.device} --threads {threads} --out {output.predictions} &>{log}
        """


rule score_target:
    input:
        predictions=ancient("<results>/predictions/{node}/{target}.parquet"),
        record=ancient("<results>/predictions/{node}/{target}.json"),
        digest="<results>/predictions/{node}/{target}.digest",
        checkpoint="<results>/checkpoints/{node}/digest",
        records=ancient(lambda w: plan.predictions.inputs(w.node, w.target, "records")),
        data=lambda w: plan.predictions.inputs(w.node, w.target, "digests"),
    output:
        scores="<results>/scores/{node}/{target}.json",
        statistics="<results>/scores/{node}/{target}.parquet",
    log:
        "<results>/logs/scores/{node}/{target}.log",
    benchmark:
        "<results>/benchmarks/scores/{node}/{target}.jsonl"
    conda:
        "../envs/xstilts.yaml"
    resources:
        mem_mb=plan.asks.mem_mb("score_target"),
        runtime=plan.asks.runtime("score_target"),
        disk_mb=plan.asks.disk_mb("score_target"),
    params:
        spec=lambda w: plan.scores.spec(w.node, w.target).text(),
        code=lambda w: plan.scores.code(w.node, w.target),
    shell:
        """
        launch score_target --spec {params.spec:q} --code {params.code} \
            --predictions {input.predictions} --checkpoint {input.checkpoint} --records {input.records} \
            --out {output.scores} &>{log}
        """


rule prune_weights:
    input:
        lambda w: plan.predictions.with_node(w.node),
    output:
        touch("<results>/checkpoints/{node}/pruned"),
    log:
        "<results>/logs/pruned/{node}.log",
    localrule: True
    conda:
        "../envs/xstilts.yaml"
    params:
        weights=subpath(output[0], parent=True),
        state=lambda w: plan.checkpoints.state(w.node),
    shell:
        "rm -rf {params.weights}/model.safetensors {params.state} &> {log}"
